import Model
import Testing

@Suite struct WheelNameTests {
  @Test func takesNamesApart() throws {
    let name = try #require(
      WheelName("My_Package-1.0.post1-2b-cp311.CP312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"))
    #expect(name.distribution == PackageName("my-package"))
    #expect(name.version == Version("1.0-1"))
    #expect(name.buildTag == WheelName.BuildTag(number: 2, suffix: "b"))
    #expect(name.pythonTags == ["cp311", "cp312"])
    #expect(name.abiTags == ["abi3"])
    #expect(name.platformTags == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"])
    #expect(
      name.tags == [
        "cp311-abi3-manylinux_2_17_x86_64", "cp311-abi3-manylinux2014_x86_64", "cp312-abi3-manylinux_2_17_x86_64",
        "cp312-abi3-manylinux2014_x86_64",
      ])
    let plain = try #require(WheelName("x-1+l.1-py2.py3-none-any.whl"))
    #expect(plain.buildTag == nil)
    #expect(plain.version.local == "l.1")
    #expect(plain.description == "x-1+l.1-py2.py3-none-any.whl")
  }

  @Test(arguments: [
    "", "x-1.0.tar.gz", "x-1.0-py3-none.whl", "x-1.0-1-py3-none-any-more.whl", "x-new-py3-none-any.whl",
    "-1.0-py3-none-any.whl", "x-1.0-b1-py3-none-any.whl", "x-1.0-py3--any.whl", "x-1.0-py3.-none-any.whl",
    "x-1.0-99999999999999999999-py3-none-any.whl",
  ])
  func refuses(fileName: String) {
    #expect(WheelName(fileName) == nil)
  }

  @Test func ordersBuilds() throws {
    let names = try ["", "1-", "1a-", "2-", "10-"].map { try #require(WheelName("x-1-\($0)py3-none-any.whl")) }
    for (index, name) in names.enumerated() {
      #expect(!name.hasLowerBuild(than: name))
      for later in names[(index + 1)...] {
        #expect(name.hasLowerBuild(than: later))
        #expect(!later.hasLowerBuild(than: name))
      }
    }
  }
}
