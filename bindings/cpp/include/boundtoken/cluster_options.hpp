// How to connect to a cluster.

#ifndef BOUNDTOKEN_CLUSTER_OPTIONS_HPP
#define BOUNDTOKEN_CLUSTER_OPTIONS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boundtoken {

/// How to connect to a cluster. The default is the pod's own configuration inside a cluster, and kubectl's kubeconfig elsewhere,
/// and follows service accounts, pods and nodes of the whole cluster.
///
/// ```cpp
/// boundtoken::ClusterOptions options;
/// options.kubeconfig = "/etc/vault/kubeconfig";
/// options.namespaces = {"demo", "web"};
/// options.deadline = std::chrono::seconds(5);
/// assert(options.json() == R"({"kubeconfig":"/etc/vault/kubeconfig","namespaces":["demo","web"],"deadlineSeconds":5})");
/// ```
struct ClusterOptions {
  /// The path of a kubeconfig file.
  std::optional<std::string> kubeconfig;
  /// The context of the kubeconfig. Default: its current context.
  std::optional<std::string> context;
  /// Use the pod's own configuration and nothing else.
  bool in_cluster = false;
  /// Follow objects of these namespaces only, and refuse tokens of others. Empty for the whole cluster.
  std::vector<std::string> namespaces;
  /// Follow the metadata of secrets. Without it, tokens that are bound to secrets are refused.
  bool secrets = false;
  /// Follow nodes. Only tokens that are bound directly to a node need it.
  bool nodes = true;
  /// Follow the metadata of webhook configurations. Only admission webhooks need it, from Kubernetes 1.37 on (KEP-6060).
  bool webhook_configurations = false;
  /// How old the known state of objects may become. Default: 150 seconds. At most a day. An API server confirms an idle watch
  /// once a minute, so a limit below that refuses good tokens.
  std::optional<std::chrono::seconds> max_staleness;
  /// How old the keys may become while they cannot be reloaded. Default: no limit. At most 31,536,000 seconds.
  std::optional<std::chrono::seconds> max_key_age;
  /// How long `Verifier::verify_online` waits for new keys when a token names an unknown key. Default: 300 milliseconds. At most
  /// ten seconds.
  std::optional<std::chrono::milliseconds> unknown_key_wait;
  /// About how long connecting may take. Default: 30 seconds. At most an hour.
  std::optional<std::chrono::seconds> deadline;

  /// The JSON object that the C library takes: see boundtoken_cluster_connect.
  std::string json() const {
    std::string members;
    if (kubeconfig) member(members, "kubeconfig", quoted(*kubeconfig));
    if (context) member(members, "context", quoted(*context));
    if (in_cluster) member(members, "inCluster", "true");
    if (!namespaces.empty()) {
      std::string names;
      for (const std::string& name : namespaces) names.append(names.empty() ? "" : ",").append(quoted(name));
      member(members, "namespaces", "[" + names + "]");
    }
    if (secrets) member(members, "secrets", "true");
    if (!nodes) member(members, "nodes", "false");
    if (webhook_configurations) member(members, "webhookConfigurations", "true");
    if (max_staleness) member(members, "maxStalenessSeconds", std::to_string(max_staleness->count()));
    if (max_key_age) member(members, "maxKeyAgeSeconds", std::to_string(max_key_age->count()));
    if (unknown_key_wait) member(members, "unknownKeyWaitMilliseconds", std::to_string(unknown_key_wait->count()));
    if (deadline) member(members, "deadlineSeconds", std::to_string(deadline->count()));
    return "{" + members + "}";
  }

 private:
  static void member(std::string& members, std::string_view name, const std::string& value) {
    if (!members.empty()) members += ',';
    members.append("\"").append(name).append("\":").append(value);
  }

  /// A text as JSON (RFC 8259 section 7).
  static std::string quoted(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char character : text) {
      const auto byte = static_cast<unsigned char>(character);
      if (byte < 0x20) {
        quoted.append("\\u00") += digits[byte >> 4U];
        quoted += digits[byte & 0xFU];
      } else {
        if (character == '"' || character == '\\') quoted += '\\';
        quoted += character;
      }
    }
    return quoted + "\"";
  }
};

}  // namespace boundtoken

#endif
