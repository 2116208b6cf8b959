// An HTTP service whose callers are pods. It greets every caller with a good token for the audience `example`, and refuses a caller as
// soon as its pod is deleted. Usage: `service [KUBECONFIG]`; without one, the pod's own configuration.

#include <boundtoken.hpp>
#include <httplib.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include <strings.h>

namespace {

// The token of the header `Authorization: Bearer TOKEN` (RFC 6750 section 2.1).
std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view scheme = "Bearer ";
  const bool is_bearer = header.size() > scheme.size() && strncasecmp(header.data(), scheme.data(), scheme.size()) == 0;
  return is_bearer ? header.substr(scheme.size()) : std::string_view();
}

// Judges the token of a request. If it is refused, the answer says so.
boundtoken::Record authenticate(const boundtoken::Verifier& verifier, const httplib::Request& request,
                                httplib::Response& response) {
  // One for each thread. The record lives until the thread's next request.
  thread_local boundtoken::RecordBuffer buffer;
  boundtoken::VerifyOptions options;
  options.online = true;  // A token can be newer than what the cluster has told.
  options.timeout = std::chrono::seconds(2);
  const std::string header = request.get_header_value("Authorization");
  const boundtoken::Record caller = verifier.verify_into(bearer_token(header), buffer, options);
  if (!caller) {
    std::cerr << "refused reason=" << caller.name() << ": " << caller.message() << '\n';
    response.status = static_cast<int>(caller.http_status());
    response.set_header("WWW-Authenticate", std::string(caller.www_authenticate()));
  }
  return caller;
}

std::string greeting(const boundtoken::Record& caller) {
  std::string text = "hello, " + std::string(caller.username());
  if (const auto pod = caller.pod()) {
    text.append(" from Pod ").append(caller.service_account_namespace()).append("/").append(pod->name);
  }
  return text + "\n";
}

void serve(const boundtoken::ClusterOptions& options) {
  const auto cluster = boundtoken::Cluster::connect(options).value();
  const auto verifier = boundtoken::VerifierBuilder().cluster(cluster).audience("example").build().value();

  httplib::Server server;
  server.Get("/", [&](const httplib::Request& request, httplib::Response& response) {
    if (const auto caller = authenticate(verifier, request, response)) response.set_content(greeting(caller), "text/plain");
  });
  server.Get("/admin", [&](const httplib::Request& request, httplib::Response& response) {
    const auto caller = authenticate(verifier, request, response);
    if (!caller) return;
    response.status = caller.username() == "system:serviceaccount:demo:admin" ? 200 : 403;
    if (response.status == 200) response.set_content(greeting(caller), "text/plain");
  });
  server.Get("/readyz", [&](const httplib::Request&, httplib::Response& response) {
    response.status = cluster.is_stale() ? 503 : 200;
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::cout << "http://127.0.0.1:" << port << std::endl;
  server.listen_after_bind();
}

}  // namespace

int main(int argc, char** argv) try {
  boundtoken::ClusterOptions options;
  if (argc > 1) options.kubeconfig = argv[1];
  serve(options);
  return 0;
} catch (const std::exception& exception) {
  std::cerr << exception.what() << '\n';
  return 1;
}
