extension PipNames {
  /// Everything that is wrong.
  static let wrong = slips + mistakes

  /// Texts that are almost right: other tools' notations, and a character too few or too many.
  static let slips = [
    "name~1.2",
    "name^0.2.3",
    "name~=1rc1",
    "git+https://example.com/repo@semver:~1",
    "git+https://example.com/repo@semver:~1.2",
    "git+https://example.com/repo@semver:^0.2.3",
    "git+https://example.com/repo@semver:v1.2",
    "git+https://example.com/repo@semver:*",
    "git+https://example.com/repo@semver>=1.2",
    "git+https://example.com/r.git;python_version>\"3\"",
    "git+https://example.com/r.git@main;python_version>\"3\"",
    "git+https://example.com/r.git@v1;os.name=='posix'",
    "git+https://example.com/r.git@v1;python_version > '3'",
    "https://example.com/x-1.zip;python_version>\"3\"",
    "name @ https://example.com/x-1.zip;'posix'==os_name",
    "git+https://example.com/repo#egg=a&egg=b",
    "git+https://example.com/repo#subdirectory=a&subdirectory=b",
    "name @ https:/example.com/x.zip",
    "name @ https//example.com/x.zip",
    "https//example.com/x.zip",
    "https:/example.com/x.zip",
    "git+/srv/repo.git",
    "git+./repo.git",
    "git+file://./repo.git",
    "git+https://example.com/repo @v1",
    "my-package --index_url https://example.com/simple",
    "--index_url https://example.com/simple my-package",
  ]
}
