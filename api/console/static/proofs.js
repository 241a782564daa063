// Check RFC 6962 proofs (SHA-256) and the signed head (C2SP signed note, Ed25519) in the browser.
// The entry that is hashed is the text that the page shows.
"use strict";
(() => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unbase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const same = (one, other) => hex(one) === hex(other);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const sha256 = async (...parts) => {
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { joined.set(part, at); at += part.length; }
    return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
  };
  const leafHash = (data) => sha256(Uint8Array.of(0), data);
  const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

  // RFC 9162, section 2.1.3.2. BigInt: sizes may pass 2^31.
  const inclusionRoot = async (leaf, index, size, proof) => {
    let at = BigInt(index), last = BigInt(size) - 1n, root = leaf;
    if (at > last) throw new Error("index");
    for (const node of proof) {
      if (last === 0n) throw new Error("too long");
      if ((at & 1n) === 1n || at === last) {
        root = await nodeHash(node, root);
        while ((at & 1n) === 0n && at !== 0n) { at >>= 1n; last >>= 1n; }
      } else {
        root = await nodeHash(root, node);
      }
      at >>= 1n; last >>= 1n;
    }
    if (last !== 0n) throw new Error("too short");
    return root;
  };

  // RFC 9162, section 2.1.4.2.
  const checkConsistency = async (first, second, firstRoot, secondRoot, given) => {
    if (first === second) return given.length === 0 && same(firstRoot, secondRoot);
    let at = BigInt(first) - 1n, last = BigInt(second) - 1n;
    const proof = [...given];
    if ((BigInt(first) & (BigInt(first) - 1n)) === 0n) proof.unshift(firstRoot);
    while ((at & 1n) === 1n) { at >>= 1n; last >>= 1n; }
    if (!proof.length) return false;
    let older = proof[0], newer = proof[0];
    for (const node of proof.slice(1)) {
      if (last === 0n) return false;
      if ((at & 1n) === 1n || at === last) {
        older = await nodeHash(node, older);
        newer = await nodeHash(node, newer);
        while ((at & 1n) === 0n && at !== 0n) { at >>= 1n; last >>= 1n; }
      } else {
        newer = await nodeHash(newer, node);
      }
      at >>= 1n; last >>= 1n;
    }
    return last === 0n && same(older, firstRoot) && same(newer, secondRoot);
  };

  // Return whether the log's own line signs exactly this origin, size and root.
  const checkNote = async (note, origin, size, root, keyHex) => {
    const end = note.indexOf("\n\n");
    const text = note.slice(0, end + 1);
    const lines = text.split("\n");
    const fits = lines.length === 4 && lines[0] === origin && lines[1] === String(size)
      && same(unbase64(lines[2]), root);
    if (!fits) return false;
    const key = await crypto.subtle.importKey("raw", bytes(keyHex), "Ed25519", false, ["verify"]);
    const prefix = `— ${origin} `;
    for (const line of note.slice(end + 2).split("\n")) {
      if (!line.startsWith(prefix)) continue;
      const blob = unbase64(line.slice(prefix.length));
      const signed = new TextEncoder().encode(text);
      if (await crypto.subtle.verify("Ed25519", key, blob.slice(4), signed)) return true;
    }
    return false;
  };

  const tell = (id, text, good) => {
    const place = document.getElementById(id);
    if (!place) return;
    place.textContent = text;
    if (good !== undefined) place.classList.add(good ? "good" : "wrong");
  };

  const entryPage = async (box) => {
    const say = box.dataset;
    if (!crypto.subtle) return tell("verdict", say.sayInsecure);
    const root = bytes(say.root);
    const leaf = new TextEncoder().encode(document.getElementById("leaf").textContent);
    const proof = Array.from(document.querySelectorAll("#path code"), (one) => bytes(one.textContent));
    let good = false;
    try {
      good = same(await inclusionRoot(await leafHash(leaf), say.index, say.size, proof), root);
    } catch {
      good = false;
    }
    tell("verdict", fill(good ? say.sayYes : say.sayNo, say), good);
    try {
      const note = document.getElementById("note").textContent;
      const signed = await checkNote(note, say.origin, say.size, root, say.key);
      tell("signature", signed ? say.saySigned : say.sayUnsigned, signed);
    } catch {
      tell("signature", say.sayUnsupported);
    }
  };

  // The evidence has the form of the file that a party's own witness keeps.
  const alarm = (sentence, seen, now, proof) => {
    const evidence = { seen: seen?.note ?? "", shown: now.note, proof: proof.map(hex) };
    document.getElementById("fork-detail").textContent = sentence;
    document.getElementById("fork-evidence").textContent = JSON.stringify(evidence, null, 1);
    document.getElementById("fork-alarm").hidden = false;
  };

  // Return whether the head is signed, or that this browser cannot tell.
  const signedHead = (say, root) =>
    checkNote(say.note, say.origin, say.size, root, say.key)
      .catch((error) => error.name === "NotSupportedError");

  // Hold the head against the last one that this browser saw; a head that is not signed or does
  // not continue it is never remembered.
  const witness = async (box) => {
    const say = box.dataset;
    if (!crypto.subtle) return tell("seen", say.sayInsecure);
    const now = { size: Number(say.size), root: say.root, note: say.note };
    const name = `cleanroom-head ${say.origin}`;
    const seen = JSON.parse(localStorage.getItem(name) ?? "null");
    const values = { first: seen?.size, second: now.size };
    if (!await signedHead(say, bytes(now.root))) return alarm(say.sayUnsigned, seen, now, []);
    if (!seen) {
      localStorage.setItem(name, JSON.stringify(now));
      return tell("seen", say.sayFirst);
    }
    if (now.size < seen.size) return alarm(fill(say.sayBack, values), seen, now, []);
    let proof = [];
    if (now.size > seen.size) {
      const query = `?first=${seen.size}&second=${now.size}`;
      const response = await fetch(say.consistency + query, { cache: "no-store" });
      proof = (await response.json()).proof.map(bytes);
    }
    const good = await checkConsistency(seen.size, now.size, bytes(seen.root), bytes(now.root), proof)
      .catch(() => false);
    if (!good) return alarm(fill(say.sayFork, values), seen, now, proof);
    localStorage.setItem(name, JSON.stringify(now));
    return tell("seen", fill(now.size === seen.size ? say.saySame : say.sayGrown, values));
  };

  const box = document.getElementById("inclusion");
  if (box) entryPage(box);
  const head = document.getElementById("head");
  if (head) witness(head);
})();
