/// Moments as RFC 3339 writes them, in UTC and whole seconds. Days are counted in the proleptic Gregorian calendar.
public enum UTCTime {
  /// `2026-01-31T23:59:59Z` of seconds since 1970.
  public static func text(_ seconds: Int) -> String {
    let days = Int((Double(seconds) / 86_400).rounded(.down))
    let time = seconds - days * 86_400
    // Counted from the first of March of a year that 400 divides, the leap day comes last.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
      + "\(padded(time / 3_600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))Z"
  }

  /// Seconds since 1970 of a date, or of a date and time: `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-01-31 12:00:00+01:00`.
  ///
  /// A date alone means the end of that day in UTC. Nil when the text is neither.
  public static func seconds(_ text: String) -> Int? {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int? {
      let head = rest.prefix(digits)
      guard head.count == digits, head.allSatisfy({ (48...57).contains($0) }) else { return nil }
      rest = rest.dropFirst(digits)
      return head.reduce(0) { $0 * 10 + Int($1) - 48 }
    }
    func take(_ letters: String) -> UInt8? {
      guard let first = rest.first, letters.utf8.contains(first) else { return nil }
      rest = rest.dropFirst()
      return first
    }
    guard let year = number(4), take("-") != nil, let month = number(2), take("-") != nil, let day = number(2),
      (1...12).contains(month), (1...length(month, of: year)).contains(day)
    else { return nil }
    let midnight = days(year, month, day) * 86_400
    if rest.isEmpty { return midnight + 86_400 }
    guard take("Tt ") != nil, let hour = number(2), take(":") != nil, let minute = number(2), take(":") != nil,
      let second = number(2), hour < 24, minute < 60, second <= 60
    else { return nil }
    if take(".") != nil {
      let fraction = rest.prefix { (48...57).contains($0) }
      guard !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count)
    }
    let moment = midnight + hour * 3_600 + minute * 60 + second
    if take("Zz") != nil { return rest.isEmpty ? moment : nil }
    guard let sign = take("+-"), let offsetHour = number(2), take(":") != nil, let offsetMinute = number(2),
      rest.isEmpty,
      offsetHour < 24, offsetMinute < 60
    else { return nil }
    let offset = offsetHour * 3_600 + offsetMinute * 60
    return sign == UInt8(ascii: "-") ? moment + offset : moment - offset
  }

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func length(_ month: Int, of year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
