// An identity provider for the tests: oidc-provider, an implementation by others, with the organisation's program as a client.
// One argument: {"port", "alg", "pushed"}. Its keys are made when it starts, so that one which is started again has changed them.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const { port, alg, pushed } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const pairs = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};
const key = { ...pairs[alg]().privateKey.export({ format: "jwk" }), alg, use: "sig", kid: randomUUID() };

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  enabledJWA: { idTokenSigningAlgValues: [alg] },
  clients: [
    {
      client_id: "chancery",
      application_type: "native",
      token_endpoint_auth_method: "none",
      id_token_signed_response_alg: alg,
      redirect_uris: ["http://127.0.0.1/signed-in"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  // Whoever signs in as mo is mo.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `subject of ${id}`, preferred_username: id, email: `${id}@bank.example` }) }),
  claims: { openid: ["sub"], email: ["email"], profile: ["preferred_username"] },
  features: {
    claimsParameter: { enabled: true },
    devInteractions: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: pushed },
  },
  cookies: { keys: [randomUUID()] },
});

provider.listen(port, "127.0.0.1", () => console.log(`listening on ${issuer}`));
