internal import Glibc
internal import Model

/// A page of an index as the loopback index gives it on: the URL of every file leads there. Pure.
struct LocalPage {
  /// The page, as JSON.
  var bytes: [UInt8]
  /// The files' URLs as the index has them, without fragments and user info.
  var urls: [String]

  /// Pages of large indexes have megabytes: where the JSON has plain absolute URLs, as it nearly always has, they are
  /// replaced in place without reading the rest. Nil where it has others.
  init?(plainJSON page: [UInt8], address: LoopbackAddress) {
    var urls: [String] = []
    guard
      let bytes = LocalPage.replaced(
        plainJSON: page, address: address, each: { urls.append(LocalPage.bare(String(decoding: $0, as: UTF8.self))) })
    else { return nil }
    self.bytes = bytes
    self.urls = urls
  }

  /// The same page, where nobody wants to know what URLs are on it.
  static func replaced(plainJSON page: [UInt8], address: LoopbackAddress) -> [UInt8]? {
    replaced(plainJSON: page, address: address, each: { _ in })
  }

  /// Whether a page of plain JSON names a file, by its whole URL.
  static func names(_ url: String, onPlainJSON page: [UInt8]) -> Bool {
    page.firstRange(of: Array("\"\(url)\"".utf8), from: 0) != nil
  }

  private static func replaced(
    plainJSON page: [UInt8], address: LoopbackAddress, each: (ArraySlice<UInt8>) -> Void
  ) -> [UInt8]? {
    let key = Array("\"url\"".utf8)
    let prefix = Array("\(address.root)/files/".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(page.count + page.count / 4)
    var position = 0
    var copied = 0
    while let found = page.firstRange(of: key, from: position) {
      var start = found.upperBound
      while start < page.count, page[start] == UInt8(ascii: " ") || page[start] == UInt8(ascii: ":") { start += 1 }
      guard start < page.count, page[start] == UInt8(ascii: "\"") else { return nil }
      start += 1
      let url = page[start...].prefix { $0 != UInt8(ascii: "\"") }
      guard let colon = LocalPage.schemeEnd(of: url) else { return nil }
      each(url)
      bytes += page[copied..<start]
      bytes += prefix
      bytes += url[..<colon]
      bytes.append(UInt8(ascii: "/"))
      copied = colon + 3
      position = url.endIndex
    }
    bytes += page[copied...]
    return bytes
  }

  /// The same for any page, with what else is to stand on it. `url` is where it was.
  init(_ page: SimplePage, at url: String, address: LoopbackAddress, adding more: [SimplePage.File] = []) throws {
    var page = page
    urls = []
    for number in page.files.indices {
      let absolute = LoopbackAddress.absolute(page.files[number].url, on: url)
      urls.append(LocalPage.bare(absolute))
      page.files[number].url = address.local(absolute)
    }
    page.files += more
    bytes = try page.encoded()
  }

  /// The colon behind `http` or `https`; nil where the text is no absolute URL of these, or needs a closer look.
  private static func schemeEnd(of url: ArraySlice<UInt8>) -> Int? {
    guard let colon = url.firstIndex(of: UInt8(ascii: ":")),
      url[..<colon].elementsEqual("https".utf8) || url[..<colon].elementsEqual("http".utf8),
      url[colon...].starts(with: "://".utf8),
      // An escape of JSON, or user info.
      !url.contains(UInt8(ascii: "\\")), !url.contains(UInt8(ascii: "@"))
    else { return nil }
    return colon
  }

  /// A URL as it is compared: without fragment, with nothing percent-encoded, since uv writes some of it otherwise.
  static func bare(_ url: String) -> String {
    let whole = url.utf8.firstIndex(of: UInt8(ascii: "#")).map { String(url[..<$0]) } ?? url
    return whole.utf8.contains(UInt8(ascii: "%")) ? whole.percentDecoded ?? whole : whole
  }
}

extension [UInt8] {
  /// Where others stand in it, from an index on; the C library finds where they may begin.
  fileprivate func firstRange(of needle: [UInt8], from start: Int) -> Range<Int>? {
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let first = needle.first else { return nil }
      var index = start
      while index + needle.count <= bytes.count {
        guard let found = memchr(base + index, Int32(first), bytes.count - needle.count + 1 - index) else { return nil }
        index = UnsafeRawPointer(found) - base
        if memcmp(found, needle, needle.count) == 0 { return index..<index + needle.count }
        index += 1
      }
      return nil
    }
  }
}
