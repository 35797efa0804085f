/// Link modules that the vCon Server does not load: it loads `links.transcribe` in their place, with their vendor as an
/// option. Source: `LEGACY_LINK_MODULE_ALIASES` of the server's `conserver/main.py`.
enum LegacyLinks {
  /// What is loaded in place of every one of them.
  static let replacement = "links.transcribe"

  /// The vendor that stands for a legacy module; nil for any other module.
  static func vendor(of importPath: String) -> String? { vendors[importPath] }

  private static let vendors = [
    "links.openai_transcribe": "openai",
    "links.groq_whisper": "groq",
    "links.hugging_face_whisper": "hugging_face",
    "links.deepgram_link": "deepgram",
  ]
}
