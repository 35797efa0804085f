/// One document of a YAML stream.
struct YamlDocument: Sendable {
  /// The root; a null scalar when the document is empty.
  var root: YamlNode
  /// What is wrong with it, where the rest can be read all the same.
  var mistakes: [YamlProblem] = []

  /// Bounds on what is read, so that a hostile text is an error and no hang.
  struct Limits: Sendable {
    /// How deep nodes may nest.
    var depth = 100
    /// How many nodes a stream may have, without those of aliases.
    var nodes = 500_000
    /// How many documents and how many directives (`%TAG`) a stream may have.
    var documents = 1_000
    var directives = 100
    /// How many nodes aliases may add in a stream.
    var aliasedNodes = 100_000
  }

  /// Reads all documents of a UTF-8 text. Throws the first thing that is wrong, where nothing behind it can be relied on.
  static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(YamlProblem) -> [YamlDocument] {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw YamlProblem(
        "the text is UTF-16, and must be UTF-8", at: YamlMark(line: 1, column: 1),
        hint: "save the file with the encoding UTF-8")
    }
    try limitDirectives(bytes, limits)
    var composer = YamlComposer(YamlEvents(bytes), limits: limits)
    return try composer.documents()
  }

  /// libyaml compares each directive with all others: their number is checked before.
  private static func limitDirectives(_ bytes: [UInt8], _ limits: Limits) throws(YamlProblem) {
    guard bytes.contains(UInt8(ascii: "%")) else { return }
    var found = 0
    let lines = LineTable(bytes)
    for line in lines.indices where lines.begins(line, with: UInt8(ascii: "%")) {
      found += 1
      guard found > limits.directives else { continue }
      throw YamlProblem(
        "this text has more than \(limits.directives) directives", at: YamlMark(line: line + 1, column: 1),
        hint: "take the lines out that begin with %")
    }
  }
}

/// Makes trees of events: resolves aliases, carries out merge keys, notes duplicate keys.
private struct YamlComposer {
  private let events: YamlEvents
  private let limits: YamlDocument.Limits
  /// Finished anchors, each with its number of nodes, those that aliases brought included.
  private var anchors: [String: (node: YamlNode, size: Int)] = [:]
  /// Anchors whose nodes are not finished.
  private var open: Set<String> = []
  private var nodes = 0
  private var aliasedNodes = 0
  /// What is wrong with the document that is being read.
  private var mistakes: [YamlProblem] = []
  private var brokenPlaces: Set<YamlMark> = []
  private static let mostMistakes = 1_000

  init(_ events: YamlEvents, limits: YamlDocument.Limits) {
    self.events = events
    self.limits = limits
  }

  mutating func documents() throws(YamlProblem) -> [YamlDocument] {
    var documents: [YamlDocument] = []
    while true {
      let event = try events.next()
      switch event.body {
      case .documentStart:
        guard documents.count < limits.documents else {
          throw YamlProblem(
            "this text has more than \(limits.documents) documents", at: event.start,
            hint: "split it into several files")
        }
        anchors = [:]
        mistakes = []
        brokenPlaces = []
        let root = try node(try events.next(), depth: 1).node
        documents.append(YamlDocument(root: root, mistakes: mistakes))
      case .streamEnd: return documents
      default: continue
      }
    }
  }

  private mutating func node(_ event: YamlEvents.Event, depth: Int) throws(YamlProblem) -> (node: YamlNode, size: Int) {
    guard depth <= limits.depth else {
      throw YamlProblem(
        "this is nested more than \(limits.depth) levels deep", at: event.start,
        hint: "look for brackets that are never closed")
    }
    if case .alias(let name) = event.body {
      if anchors[name] != nil, !open.contains(name) { return try alias(name, at: event.start) }
      do throws(YamlProblem) { return try alias(name, at: event.start) } catch {
        // Nothing is there then; the rest can be read. Such nodes are not counted, so that there is a bound.
        guard mistakes.count < Self.mostMistakes else { throw error }
        add([error])
        return (YamlNode(content: .scalar(YamlScalar(text: "", style: .plain)), mark: event.start, end: event.end), 1)
      }
    }
    nodes += 1
    guard nodes <= limits.nodes else {
      throw YamlProblem(
        "this text has more than \(limits.nodes) nodes", at: event.start,
        hint: "split it into several files, and include them")
    }
    if let anchor = event.anchor { open.insert(anchor) }
    var size = 1
    var end = event.end
    let content: YamlNode.Content
    switch event.body {
    case .scalar(let scalar): content = .scalar(scalar)
    case .sequenceStart:
      var items: [YamlNode] = []
      while true {
        let next = try events.next()
        if case .end = next.body {
          end = next.end
          break
        }
        let item = try node(next, depth: depth + 1)
        items.append(item.node)
        size += item.size
      }
      content = .sequence(items)
    case .mappingStart:
      var builder = YamlMappingBuilder()
      while true {
        let next = try events.next()
        if case .end = next.body {
          end = next.end
          break
        }
        let key = try node(next, depth: depth + 1)
        let value = try node(try events.next(), depth: depth + 1)
        size += key.size + value.size
        builder.add(key.node, value.node)
      }
      add(builder.mistakes)
      content = .mapping(builder.mapping)
    default: throw YamlProblem("this is not valid YAML", at: event.start)
    }
    let node = YamlNode(content: content, mark: event.start, end: end, tag: event.tag)
    if let anchor = event.anchor {
      open.remove(anchor)
      anchors[anchor] = (node, size)
    }
    return (node, size)
  }

  /// Takes what is wrong, once for each place: what names nothing cannot be merged either.
  private mutating func add(_ problems: [YamlProblem]) {
    for problem in problems where brokenPlaces.insert(problem.mark).inserted { mistakes.append(problem) }
  }

  private mutating func alias(_ name: String, at mark: YamlMark) throws(YamlProblem) -> (node: YamlNode, size: Int) {
    guard !open.contains(name) else {
      throw YamlProblem(
        "this alias stands inside the node that it names", at: mark, hint: "write the value out")
    }
    guard let target = anchors[name] else {
      throw YamlProblem(
        "this alias names nothing: no anchor like it stands above", at: mark,
        hint: "put the anchor, with '&', in front of the value, or the text in quotes if no alias is meant")
    }
    aliasedNodes += target.size
    guard aliasedNodes <= limits.aliasedNodes else {
      throw YamlProblem(
        "aliases make this text larger than \(limits.aliasedNodes) nodes", at: mark, hint: "write the values out")
    }
    return target
  }
}

/// Collects the entries of one mapping.
private struct YamlMappingBuilder {
  private var own: [YamlMapping.Entry] = []
  private var ownIndex: [String: Int] = [:]
  private var merged: [YamlMapping.Entry] = []
  private var duplicates: [YamlMapping.Duplicate] = []
  private var shadowed: [YamlMapping.Entry] = []
  /// What cannot be merged: it is left out.
  private(set) var mistakes: [YamlProblem] = []

  mutating func add(_ key: YamlNode, _ value: YamlNode) {
    guard let scalar = key.scalar else {
      own.append(YamlMapping.Entry(key: key, value: value))
      return
    }
    if scalar.text == "<<", scalar.style == .plain, key.tag == nil { return merge(value) }
    if let index = ownIndex[scalar.text] {
      duplicates.append(YamlMapping.Duplicate(key: scalar.text, first: own[index].key.mark, second: key.mark))
      shadowed.append(own[index])
      own[index] = YamlMapping.Entry(key: key, value: value)
    } else {
      ownIndex[scalar.text] = own.count
      own.append(YamlMapping.Entry(key: key, value: value))
    }
  }

  private mutating func merge(_ value: YamlNode) {
    switch value.content {
    case .mapping(let mapping): merge(mapping)
    case .sequence(let items):
      // The first mapping of a list wins, hence the reverse order: the last one written to a key stays.
      for item in items.reversed() {
        if let mapping = item.mapping { merge(mapping) } else { refuse(item) }
      }
    case .scalar: refuse(value)
    }
  }

  /// A key that stands twice there stands twice here.
  private mutating func merge(_ mapping: YamlMapping) {
    merged += mapping.entries
    duplicates += mapping.duplicates
    shadowed += mapping.shadowed
  }

  private mutating func refuse(_ node: YamlNode) {
    mistakes.append(
      YamlProblem(
        "'<<' merges mappings, this is \(node.kind.description)", at: node.mark,
        hint: "write '<<: *name', where '&name' stands in front of a mapping"))
  }

  /// Merged entries come first; an entry of the mapping itself takes the place of the merged one with its key.
  var mapping: YamlMapping {
    guard !merged.isEmpty else { return YamlMapping(entries: own, duplicates: duplicates, shadowed: shadowed) }
    var entries: [YamlMapping.Entry] = []
    var index: [String: Int] = [:]
    for entry in merged + own {
      guard let key = entry.key.scalar?.text else {
        entries.append(entry)
        continue
      }
      if let place = index[key] {
        entries[place] = entry
      } else {
        index[key] = entries.count
        entries.append(entry)
      }
    }
    return YamlMapping(entries: entries, duplicates: duplicates, shadowed: shadowed)
  }
}
