internal import CYaml

/// libyaml's events as Swift values. Nothing of libyaml gets out of this file.
///
/// Used by one thread, and freed with its memory when it goes.
final class YamlEvents {
  struct Event {
    enum Body {
      case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, mappingStart
      /// The end of a sequence or a mapping.
      case end
      case alias(String)
      case scalar(YamlScalar)
    }
    var body: Body
    var start: YamlMark
    var end: YamlMark
    var anchor: String?
    var tag: String?
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private var isInitialised = false

  /// Begins with the text's first event. A byte order mark of UTF-8 is passed over.
  init(_ bytes: [UInt8]) {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    input = .allocate(capacity: max(text.count, 1))
    _ = input.initialize(from: text)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { return }
    isInitialised = true
    yaml_parser_set_input_string(parser, input.baseAddress, text.count)
    // Without this, libyaml would guess UTF-16 from the first bytes.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    if isInitialised { yaml_parser_delete(parser) }
    parser.deallocate()
    input.deallocate()
  }

  /// The next event. After `streamEnd` comes `streamEnd` again.
  func next() throws(YamlProblem) -> Event {
    guard isInitialised else { throw YamlProblem("there is no memory to read this", at: YamlMark(line: 1, column: 1)) }
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { yaml_event_delete(&event) }
    var result = Event(body: .streamEnd, start: YamlMark(event.start_mark), end: YamlMark(event.end_mark))
    switch event.type {
    case YAML_STREAM_START_EVENT: result.body = .streamStart
    case YAML_DOCUMENT_START_EVENT: result.body = .documentStart
    case YAML_DOCUMENT_END_EVENT: result.body = .documentEnd
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: result.body = .end
    case YAML_ALIAS_EVENT: result.body = .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SEQUENCE_START_EVENT:
      result.body = .sequenceStart
      result.anchor = text(event.data.sequence_start.anchor)
      result.tag = text(event.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      result.body = .mappingStart
      result.anchor = text(event.data.mapping_start.anchor)
      result.tag = text(event.data.mapping_start.tag)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      result.body = .scalar(YamlScalar(text: String(decoding: value, as: UTF8.self), style: style(scalar.style)))
      result.anchor = text(scalar.anchor)
      result.tag = text(scalar.tag)
    default: break
    }
    return result
  }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func style(_ style: yaml_scalar_style_t) -> YamlScalar.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func problem() -> YamlProblem {
    let state = parser.pointee
    let words = state.problem.map { String(cString: $0) } ?? "there is no memory to read this"
    guard state.error != YAML_READER_ERROR else { return unreadable(words, at: Int(state.problem_offset)) }
    var cause: String?
    var mark = YamlMark(state.problem_mark)
    let lines = LineTable(Array(input))
    if let context = state.context {
      // Behind the last line nothing can be shown: what was never closed can.
      if mark.line > lines.count { mark = YamlMark(state.context_mark) }
      cause = "\(String(cString: context)), which begins at line \(state.context_mark.line + 1)"
    }
    return YamlProblem(
      "this is not valid YAML: \(words)", at: mark, because: cause,
      hint: YamlProblem.hint(for: words, at: mark, in: lines))
  }

  /// The reader reads ahead of everything else, so that its mark says nothing: the offset does.
  private func unreadable(_ words: String, at offset: Int) -> YamlProblem {
    var mark = YamlMark(line: 1, column: 1)
    for byte in input.prefix(max(offset, 0)) {
      if byte == UInt8(ascii: "\n") {
        mark = YamlMark(line: mark.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        mark.column += 1
      }
    }
    if words.contains("control characters") {
      return YamlProblem("a control character stands here", at: mark, hint: "take it out, or write it as \"\\x…\"")
    }
    return YamlProblem(
      "the text is not UTF-8", at: mark, because: words, hint: "save the file with the encoding UTF-8")
  }
}

extension YamlMark {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
