// GetReferralStatus by gRPC-Web: the one call that is made every few seconds, and that the service
// answers from its cache. A request is two texts, and an answer five fields, so that no library
// is needed.

const TRAILERS = 0x80;
const OK = 0;
const UNAVAILABLE = 14; // what was cut off, or came from somebody else, says nothing of the request
const WITHIN_MS = 5000;

/**
 * Asks where a referral stands.
 *
 * Returns `{ status, version, cause, updateTime, stale }`, `status` as the number of the enum
 * and `updateTime` in milliseconds. Throws what `failure(code, message)` makes of an error.
 */
export async function referralStatus({ token, merchantId }, referralId, failure) {
  const response = await fetch("/referrals.v1/GetReferralStatus", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/grpc-web+proto",
      "x-grpc-web": "1",
      "grpc-timeout": `${WITHIN_MS}m`,
    },
    body: frame([...textField(1, referralId), ...textField(2, merchantId)]),
    cache: "no-store",
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const { message, trailers } = unframed(new Uint8Array(await response.arrayBuffer()));
  const told = (name) => trailers.get(name) ?? response.headers.get(name);
  const code = Number(told("grpc-status") ?? UNAVAILABLE);
  if (code === OK && message) return status(message);
  throw failure(code || UNAVAILABLE, decoded(told("grpc-message") ?? ""));
}

/** Returns a message as the one frame of a request: a flag, its length in four bytes, itself. */
export function frame(message) {
  const framed = new Uint8Array(5 + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, 5);
  return framed;
}

/** Returns the message of an answer, null if there is none, and its trailers by name. */
export function unframed(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailers = new Map();
  let message = null;
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 5 + view.getUint32(at + 1);
    if (end > bytes.length) break; // cut off: there are no trailers, so it is no answer
    const part = bytes.subarray(at + 5, end);
    if (bytes[at] & TRAILERS) {
      for (const line of new TextDecoder().decode(part).split("\r\n")) {
        const [name, ...rest] = line.split(":");
        if (rest.length) trailers.set(name.trim().toLowerCase(), rest.join(":").trim());
      }
    } else message = part;
    at = end;
  }
  return { message, trailers };
}

/** Returns the bytes of a text field. */
export function textField(number, text) {
  const bytes = new TextEncoder().encode(text);
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** Reads a GetReferralStatusResponse. */
export function status(message) {
  const fields = read(message);
  const time = read(fields.get(3) ?? new Uint8Array());
  return {
    status: fields.get(1) ?? 0,
    version: fields.get(2) ?? 0,
    updateTime: (time.get(1) ?? 0) * 1000 + (time.get(2) ?? 0) / 1e6,
    cause: new TextDecoder().decode(fields.get(4)),
    stale: Boolean(fields.get(5)),
  };
}

function varint(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return [...bytes, number];
}

// Fields by number: numbers and bytes; those of other kinds are passed over, as newer ones may be.
function read(bytes) {
  const fields = new Map();
  let at = 0;
  const number = () => {
    let value = 0;
    for (let weight = 1; at < bytes.length; weight *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * weight;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const key = number();
    const field = Math.floor(key / 8);
    if (key % 8 === 0) fields.set(field, number());
    else if (key % 8 === 1) at += 8;
    else if (key % 8 === 5) at += 4;
    else if (key % 8 === 2) {
      const length = number();
      fields.set(field, bytes.subarray(at, at + length));
      at += length;
    } else break;
  }
  return fields;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
