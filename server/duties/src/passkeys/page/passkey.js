// The script of the page on which a person makes or uses a passkey: asks the server what it is about, and the browser for the passkey.

const at = (id) => document.getElementById(id);
const say = (text) => { at("status").textContent = text; };

// What the address ends with is known to this page only; it leaves the address, so that no history keeps it.
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

// Another ceremony that is opened where this page is shown differs in the end of the address only: browsers stay where they are then.
addEventListener("hashchange", () => location.reload());

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
  });
  let said;
  try {
    said = await answer.json();
  } catch {
    throw new Error("The server answers in a way this page does not understand. Try again in a moment.");
  }
  if (!answer.ok) {
    throw new Error(said.detail ? `${said.title}. What to do: ${said.detail}.` : said.title);
  }
  return said;
}

// What browsers call their refusals, in words.
const refusals = {
  NotAllowedError: "The passkey was not used: it was cancelled, or it took too long. You can try again.",
  InvalidStateError: "This authenticator has a passkey of this account already. Use another one.",
  SecurityError: "This page is at another address than your organisation's own. Do not go on.",
  NotSupportedError: "This browser or authenticator cannot make such a passkey. Try another one.",
};

async function usePasskey({ makes, options }) {
  if (makes) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

async function go(view) {
  at("go").disabled = true;
  say("Your browser asks you now…");
  try {
    const used = await usePasskey(view);
    await ask("/v1/ceremonies/finish", { secret, answer: used.toJSON() });
    at("go").hidden = true;
    at("hint").textContent = "";
    say("Done. You can close this page and go back to where you came from.");
  } catch (error) {
    at("go").disabled = false;
    say(refusals[error.name] ?? error.message);
  }
}

async function begin() {
  if (!secret) {
    say("This page is opened by the program that asks for a passkey. Start there.");
    return;
  }
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    say("This browser cannot use passkeys. Try an up-to-date one.");
    return;
  }
  try {
    const view = await ask("/v1/ceremonies/look", { secret });
    at("title").textContent = view.makes ? "Add a passkey" : "Approve with your passkey";
    at("account").textContent = `Account: ${view.handle}, asked for by its device ${view.device.slice(0, 8)}`;
    at("words").textContent = `${view.words.charAt(0).toUpperCase()}${view.words.slice(1)}.`;
    at("hint").textContent = view.makes
      ? "Add a second one afterwards, on another authenticator, so that losing one does not lock you out."
      : "Go on only if you have just asked for exactly this.";
    at("go").textContent = view.makes ? "Make the passkey" : "Approve";
    at("go").hidden = false;
    at("go").addEventListener("click", () => go(view));
    at("go").focus();
    say("");
  } catch (error) {
    say(error.message);
  }
}

await begin();
