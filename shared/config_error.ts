/** A setting that is missing or unusable; the message names it and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
}
