/// A place in a YAML text. Lines and columns count from 1; columns count code points, as libyaml does.
struct YamlMark: Sendable, Hashable, Comparable {
  var line: Int
  var column: Int

  static func < (left: YamlMark, right: YamlMark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// One node of a YAML document, with the place where it is written. An alias has become the node that it names.
struct YamlNode: Sendable {
  enum Content: Sendable {
    case scalar(YamlScalar)
    case sequence([YamlNode])
    case mapping(YamlMapping)
  }

  var content: Content
  /// Where the node begins; its anchor and tag count.
  var mark: YamlMark
  /// Where the node ends.
  var end: YamlMark
  /// The tag, where one is written: `tag:yaml.org,2002:str` for `!!str`.
  var tag: String?
}

/// Text, as it is written. What type it has is decided by whoever asks: see `YamlScalar+types.swift`.
struct YamlScalar: Sendable, Hashable {
  enum Style: Sendable, Hashable { case plain, singleQuoted, doubleQuoted, literal, folded }

  var text: String
  var style: Style
}

/// Keys and values in the order of the text. Merge keys (`<<`) have been carried out, as PyYAML does.
struct YamlMapping: Sendable {
  struct Entry: Sendable {
    var key: YamlNode
    var value: YamlNode
  }
  /// A key that stands twice. It is an error only in mappings that Pinion reads: others are the application's business.
  struct Duplicate: Sendable, Hashable {
    var key: String
    var first: YamlMark
    var second: YamlMark
  }

  /// One entry for each key; of a key that stands twice the last one.
  var entries: [Entry]
  var duplicates: [Duplicate]
  /// The entries whose keys stand again further down, to be read for their mistakes alone.
  var shadowed: [Entry] = []

  /// The entry with that key.
  subscript(key: String) -> Entry? {
    entries.first { $0.key.scalar?.text == key }
  }
}

extension YamlNode {
  var scalar: YamlScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
  var sequence: [YamlNode]? { if case .sequence(let nodes) = content { nodes } else { nil } }
  var mapping: YamlMapping? { if case .mapping(let mapping) = content { mapping } else { nil } }
}
