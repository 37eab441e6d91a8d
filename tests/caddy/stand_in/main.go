// A Caddy for the tests of caddy/ where github.com/ggicci/caddy-jwt can't be had: some module
// proxies don't serve it. In its place is a stand-in that knows what caddy/token.caddy asks of it.
// For tests only: run the Caddy that `deno task caddy:build` or caddy/Dockerfile builds.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
)

func main() {
	caddycmd.Main()
}
