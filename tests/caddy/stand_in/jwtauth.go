package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

func init() {
	caddy.RegisterModule(standIn{})
	httpcaddyfile.RegisterHandlerDirective("jwtauth", readDirective)
}

// standIn takes and refuses the tokens that caddy-jwt v1.1.1 does, with the same library, and is as
// lax: any HMAC for a secret, the JSON form, a bare token without "Bearer", tokens that never
// expire. What caddy/token.caddy guards against is thereby still there to be guarded against.
type standIn struct {
	Secret    string            `json:"secret,omitempty"` // in base64; goes before KeySetURL
	KeySetURL string            `json:"key_set_url,omitempty"`
	Issuers   []string          `json:"issuers,omitempty"`
	Audiences []string          `json:"audiences,omitempty"`
	UserClaim string            `json:"user_claim"`
	Claims    map[string]string `json:"claims"` // by the placeholder that they are given in

	key    []byte
	keySet *keySet
}

var (
	_ caddy.Provisioner       = (*standIn)(nil)
	_ caddyauth.Authenticator = (*standIn)(nil)
)

// CaddyModule implements caddy.Module.
func (standIn) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.authentication.providers.jwt",
		New: func() caddy.Module { return new(standIn) },
	}
}

// readDirective reads `jwtauth`, of which it takes the options that caddy/token.caddy has.
func readDirective(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	var s standIn
	var claims []string
	texts := map[string]*string{
		"sign_key": &s.Secret, "jwk_url": &s.KeySetURL, "user_claims": &s.UserClaim,
	}
	lists := map[string]*[]string{
		"issuer_whitelist": &s.Issuers, "audience_whitelist": &s.Audiences, "meta_claims": &claims,
	}
	h.Next()
	for h.NextBlock(0) {
		option := h.Val()
		if text := texts[option]; text != nil {
			if !h.AllArgs(text) {
				return nil, h.ArgErr()
			}
		} else if list := lists[option]; list != nil {
			*list = h.RemainingArgs()
		} else {
			return nil, h.Errf("the stand-in doesn't know the option %s", option)
		}
	}
	s.Claims = make(map[string]string, len(claims))
	for _, claim := range claims {
		name, placeholder, renamed := strings.Cut(claim, "->")
		if !renamed {
			placeholder = name
		}
		s.Claims[strings.TrimSpace(placeholder)] = strings.TrimSpace(name)
	}
	provider := caddy.ModuleMap{"jwt": caddyconfig.JSON(s, nil)}
	return caddyauth.Authentication{ProvidersRaw: provider}, nil
}

// Provision implements caddy.Provisioner.
func (s *standIn) Provision(caddy.Context) (err error) {
	if s.Secret != "" {
		s.key, err = base64.StdEncoding.DecodeString(s.Secret)
		return err
	}
	if s.KeySetURL == "" {
		return errors.New("neither sign_key nor jwk_url is set")
	}
	s.keySet = &keySet{url: s.KeySetURL}
	return nil
}

// Authenticate implements caddyauth.Authenticator; a request that it doesn't take becomes a 401.
func (s *standIn) Authenticate(_ http.ResponseWriter, r *http.Request) (caddyauth.User, bool, error) {
	var nobody caddyauth.User
	text := r.Header.Get("Authorization")
	if scheme, rest, found := strings.Cut(text, " "); found && strings.EqualFold(scheme, "bearer") {
		text = rest
	}
	// Checks iat, nbf and exp where they are there.
	token, err := jwt.ParseString(strings.TrimSpace(text), jwt.WithKeyProvider(jws.KeyProviderFunc(s.provideKey)))
	if err != nil {
		return nobody, false, err
	}
	if len(s.Issuers) > 0 && !slices.Contains(s.Issuers, token.Issuer()) {
		return nobody, false, errors.New("another issuer")
	}
	isAudience := func(audience string) bool { return slices.Contains(s.Audiences, audience) }
	if len(s.Audiences) > 0 && !slices.ContainsFunc(token.Audience(), isAudience) {
		return nobody, false, errors.New("another audience")
	}
	value, _ := token.Get(s.UserClaim)
	id, _ := value.(string)
	if id == "" {
		return nobody, false, fmt.Errorf("no claim %s", s.UserClaim)
	}
	metadata := make(map[string]string, len(s.Claims))
	for placeholder, claim := range s.Claims {
		metadata[placeholder] = textOf(claimOf(token, claim))
	}
	return caddyauth.User{ID: id, Metadata: metadata}, true, nil
}

// provideKey believes the token's own "alg", unless the key of a key set has one.
func (s *standIn) provideKey(ctx context.Context, sink jws.KeySink, sig *jws.Signature, _ *jws.Message) error {
	header := sig.ProtectedHeaders()
	if s.keySet == nil {
		sink.Key(header.Algorithm(), s.key)
		return nil
	}
	key, err := s.keySet.find(ctx, header.KeyID())
	if err != nil {
		return err
	}
	algorithm := header.Algorithm()
	if own := key.Algorithm().String(); own != "" {
		algorithm = jwa.SignatureAlgorithm(own)
	}
	sink.Key(algorithm, key)
	return nil
}

// claimOf gives a claim by its name or, with dots, by its path through objects; nil if there is none.
func claimOf(token jwt.Token, name string) any {
	if value, found := token.Get(name); found {
		return value
	}
	path := strings.Split(name, ".")
	value, _ := token.Get(path[0])
	for _, key := range path[1:] {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// textOf gives a claim's placeholder: numbers and objects are blank there, as what is missing is.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	case []any:
		texts := make([]string, len(value))
		for i, item := range value {
			texts[i] = textOf(item)
		}
		return strings.Join(texts, ",")
	default:
		return ""
	}
}

// keySet is what a gatekeeper publishes, fetched when the first token comes.
type keySet struct {
	url   string
	mutex sync.Mutex
	keys  jwk.Set
}

// find gives the key of an id. One that isn't there is an error and has the set fetched again, for
// the tokens that come after.
func (k *keySet) find(ctx context.Context, id string) (jwk.Key, error) {
	k.mutex.Lock()
	keys := k.keys
	k.mutex.Unlock()
	if keys == nil {
		if keys = k.fetch(ctx); keys == nil {
			return nil, errors.New("no key set")
		}
	}
	key, found := keys.LookupKeyID(id)
	if !found {
		go k.fetch(context.WithoutCancel(ctx))
		return nil, errors.New("an unknown key")
	}
	return key, nil
}

// fetch keeps the set that it gets; nil if it gets none.
func (k *keySet) fetch(ctx context.Context) jwk.Set {
	keys, err := jwk.Fetch(ctx, k.url)
	if err != nil {
		return nil
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.keys = keys
	return keys
}
