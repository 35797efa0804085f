internal import Glibc
internal import Manifests
internal import Model
internal import Reconciliation

/// `pinion apply` with nothing to do, as schedulers run it thousands of times a day: on one thread, without the argument
/// parser, and without anything that only a change needs.
///
/// Whatever is not plain is left to the long way, which has the words for it.
enum PlainApply {
  /// Does it, if the command line is plain and there is nothing to do; says whether it did. If not, nothing was said, and
  /// nothing was changed but what every run leaves behind: staging empty, and the status of what was settled.
  static func run(_ arguments: [String]) -> Bool {
    guard let line = PlainWords("apply", flag: "--locked", arguments), let wiring = try? Wiring(line.settings),
      let manifests = try? wiring.manifests()
    else { return false }
    var options = RunOptions()
    options.isLocked = line.hasFlag
    var plans: [Plan] = []
    for environment in manifests.environments {
      guard
        let plan = Settled.apply(
          environment, in: wiring.state, options: options, now: Wiring.now())
      else { return false }
      plans.append(plan)
    }
    signal(SIGPIPE, SIG_IGN)
    wiring.warn(manifests)
    for plan in plans { wiring.console.result(PlanText.render(plan, style: wiring.console.style)) }
    do throws(Failure) { try wiring.console.checkResults() } catch {
      wiring.console.complain(error)
      exit(1)
    }
    return true
  }
}
