// jwt-cpp: one verifier that is created once, with the key and the rules.

#include <jwt-cpp/jwt.h>
#include <openssl/crypto.h>

#include "../c/protocol.h"

namespace {

using verifier_type = decltype(jwt::verify());

bool accepts(const verifier_type &rules, const char *token, size_t len) {
  try {
    auto decoded = jwt::decode(std::string(token, len));
    std::error_code error;
    rules.verify(decoded, error);
    return !error && decoded.has_expires_at();
  } catch (const std::exception &) {
    return false;
  }
}

}  // namespace

static void *load(const inputs *in, const char *algorithm) {
  size_t len;
  std::string key(read_input(in, algorithm, "public.pem", &len));
  auto rules = jwt::verify().with_issuer(in->issuer).with_audience(std::string(in->audience));
  std::string name(algorithm);
  if (name == "RS256") rules.allow_algorithm(jwt::algorithm::rs256(key));
  if (name == "ES256") rules.allow_algorithm(jwt::algorithm::es256(key));
  if (name == "EdDSA") rules.allow_algorithm(jwt::algorithm::ed25519(key));
  return new verifier_type(rules);
}

static int verify(void *verifier, const char *token, size_t len) {
  return accepts(*static_cast<verifier_type *>(verifier), token, len);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  inputs in = start(argv, LIBRARY_VERSION, OpenSSL_version(OPENSSL_VERSION));
  return serve(&in);
}
