// Trusted Types, as far as they are used here; not every version of the library of types has them.
interface Window {
  readonly trustedTypes?: {
    createPolicy(name: string, rules: { createScriptURL(asked: string): string }): {
      createScriptURL(asked: string): unknown;
    };
  };
}
