internal import Model

/// What `diff` found, as JSON: see docs/json.md. Every key is always there.
struct DifferenceJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var from: String
    var to: String
    var difference: Content

    init(_ compared: ComparedLockfiles) {
      name = compared.title
      from = compared.from
      to = compared.to
      difference = Content(compared.difference)
    }
  }

  /// What tells two lockfiles apart.
  struct Content: Encodable {
    var changes: [ChangeEntry]
    var modules: [ModuleEntry]
    var settings: [SettingEntry]
    var summary: Summary

    init(_ difference: LockfileDifference) {
      changes = difference.items.map(ChangeEntry.init(item:))
      modules = difference.modules.map(ModuleEntry.init(item:))
      settings = difference.settings.map(SettingEntry.init(setting:))
      summary = Summary(
        added: difference.count(of: .added), changed: difference.count(of: .changed),
        removed: difference.count(of: .removed))
    }
  }

  struct Summary: Encodable {
    var added: Int
    var changed: Int
    var removed: Int
  }

  struct ChangeEntry: Encodable {
    var item: LockfileDifference.Item

    enum Key: String, CodingKey {
      case action, distribution, from, fromCommit, fromSource, to, toCommit, toSource, aspects, downgrade, modules
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(item.action, forKey: .action)
      try container.encode(item.name, forKey: .distribution)
      try container.encode(item.from?.version, forKey: .from)
      try container.encode(item.from?.commit, forKey: .fromCommit)
      try container.encode(item.from.map { DifferenceText.place($0) }, forKey: .fromSource)
      try container.encode(item.to?.version, forKey: .to)
      try container.encode(item.to?.commit, forKey: .toCommit)
      try container.encode(item.to.map { DifferenceText.place($0) }, forKey: .toSource)
      try container.encode(item.aspects, forKey: .aspects)
      try container.encode(item.isDowngrade, forKey: .downgrade)
      try container.encode(item.modules, forKey: .modules)
    }
  }

  struct ModuleEntry: Encodable {
    var item: LockfileDifference.ModuleItem

    enum Key: String, CodingKey { case action, module, from, to }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(item.action, forKey: .action)
      try container.encode(item.label, forKey: .module)
      try container.encode(item.from?.requirement, forKey: .from)
      try container.encode(item.to?.requirement, forKey: .to)
    }
  }

  struct SettingEntry: Encodable {
    var setting: LockfileDifference.Setting

    enum Key: String, CodingKey { case name, from, to }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(setting.name, forKey: .name)
      try container.encode(setting.from, forKey: .from)
      try container.encode(setting.to, forKey: .to)
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}

extension LockedDistribution {
  /// The commit that it is built from, if it is.
  var commit: String? {
    if case .git(let pin) = source { pin.commit } else { nil }
  }
}
