#!/bin/sh
# Checks Caddy's environment as gatekeeper and edge check theirs, then becomes Caddy.
set -eu
fail() {
  echo "caddy: $1" >&2
  exit 1
}
[ -n "${ELECTRIC_URL:-}" ] ||
  fail "ELECTRIC_URL is missing: set it to Electric, or to the CDN in front of it."
case "${ELECTRIC_URL}" in
*[!A-Za-z0-9:/.-]* | *://*/?*) fail "ELECTRIC_URL must be like http://localhost:3000, without a path." ;;
http://* | https://*) ;;
*) fail "ELECTRIC_URL must be like http://localhost:3000, without a path." ;;
esac
[ -z "${AUTH_PRIVATE_JWK:-}" ] || fail "AUTH_PRIVATE_JWK is set: Caddy must not be able to sign; unset it."
[ -z "${AUTH_JWKS:-}" ] || fail "AUTH_JWKS isn't for Caddy: set AUTH_JWKS_URL to the gatekeeper's /.well-known/jwks.json."
if [ -n "${AUTH_JWKS_URL:-}" ]; then
  [ -z "${AUTH_SECRET:-}" ] || fail "Set only one of AUTH_SECRET and AUTH_JWKS_URL."
  AUTH_SECRET_BASE64=
else
  [ "$(printf %s "${AUTH_SECRET:-}" | wc -c)" -ge 32 ] ||
    fail "AUTH_SECRET is missing or too short: set it to the gatekeeper's, of at least 32 bytes."
  AUTH_SECRET_BASE64=$(printf %s "$AUTH_SECRET" | base64 | tr -d '\n')
fi
# Blank counts as unset.
for name in PORT AUTH_ISSUER ELECTRIC_TIMEOUT; do
  eval "[ -n \"\${$name:-}\" ] || unset $name"
done
ELECTRIC_URL=${ELECTRIC_URL%/}
export AUTH_SECRET_BASE64 ELECTRIC_URL
unset AUTH_SECRET
exec "${CADDY:-caddy}" run --adapter caddyfile --config "$(dirname "$0")/Caddyfile"
