// Follows the development server: its pods, what it tells of its keys and watches, and what is left after it is gone.
// Usage: `cluster KUBECONFIG TOKEN COMMAND`. TOKEN is bound to the pod demo/app-0, and COMMAND deletes this pod.

#include "check.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace boundtoken;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Tries again until a condition holds, for a minute at most.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

Verifier verifier_of(const Cluster& cluster) {
  return demand(VerifierBuilder().cluster(cluster).audience("example").build());
}

Cluster connect_without_waiting(const ClusterOptions& options) {
  std::promise<void> done;
  const auto alive = std::make_shared<int>(0);
  Cluster cluster;
  {
    const Connecting connecting = demand(Cluster::start(options, [&done, alive] { done.set_value(); }));
    done.get_future().wait();
    CHECK(connecting.is_ready());
    cluster = demand(connecting.finish());
    FAILS(connecting.finish(), null_argument);
  }
  CHECK(eventually([&] { return alive.use_count() == 1; }));
  // Given up at once.
  const Connecting given_up = demand(Cluster::start(options, [alive] { throw std::runtime_error("nobody hears it"); }));
  CHECK(given_up.is_ready() || given_up.finish().status() == Status::still_asking);
  return cluster;
}

// A token of a key that the cluster does not have. The cluster is asked.
void ask_about_a_key(const Verifier& verifier, const std::string& token) {
  std::mutex lock;
  std::condition_variable changed;
  int calls = 0;
  const Verification verification = demand(verifier.start(token, [&] {
    const std::lock_guard<std::mutex> guard(lock);
    calls++;
    changed.notify_all();
    throw std::runtime_error("nobody hears it");
  }));
  RecordBuffer buffer;
  Record record = verification.finish(buffer);
  for (int taken = 0; record.status() == Status::still_asking; record = verification.finish(buffer)) {
    CHECK(!record.is_decided() && record.username().empty());
    std::unique_lock<std::mutex> guard(lock);
    changed.wait(guard, [&] { return calls > taken; });
    taken = calls;
  }
  CHECK(record.status() == Status::key_unknown);
  CHECK(demand(verifier.start(token, nullptr)).finish_now(buffer).status() == Status::key_unknown);
  VerifyOptions options;
  options.online = true;
  options.timeout = milliseconds(500);
  CHECK(verifier.verify_into(token, buffer, options).status() == Status::key_unknown);
}

// The same header and payload with another kid, which no signature vouches for.
std::string with_unknown_key(const std::string& token) {
  // {"alg":"ES256","kid":"nobody"}
  return "eyJhbGciOiJFUzI1NiIsImtpZCI6Im5vYm9keSJ9" + token.substr(token.find('.'));
}

// After a fork, only the parent follows the cluster.
void look_from_a_child(const Cluster& cluster, const Verifier& verifier, const std::string& token) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const bool well = cluster.is_stale() && cluster.status().status() == Status::cluster_forked &&
                      cluster.on_change([](const ClusterChange&) {}).status() == Status::cluster_forked &&
                      cluster.changes().status() == Status::cluster_forked &&
                      verifier.verify_online(token).status() == Status::cluster_forked &&
                      verifier.verify(token).status() == Status::bound_object_unavailable &&
                      VerifierBuilder().cluster(cluster).audience("x").build().status() == Status::cluster_forked;
    _exit(well ? 0 : 1);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string token = argv[2];
  ClusterOptions options;
  options.kubeconfig = argv[1];
  options.secrets = true;
  options.deadline = seconds(60);
  std::atomic<int> lines{0};
  demand(set_log(LogLevel::info, [&lines](const LogLine& line) {
    CHECK(line.level >= LogLevel::error && line.level <= LogLevel::info && !line.target.empty() && !line.message.empty());
    lines++;
  }));

  std::optional<Cluster> cluster(connect_without_waiting(options));
  const Verifier verifier = verifier_of(*cluster);
  CHECK(!cluster->is_stale() && demand(cluster->status()).json().find(R"("stale":false)") != std::string_view::npos);
  CHECK(verifier.verify_online(token));
  {
    const Verified who = demand(verifier.verify(token));
    CHECK(who.claims().pod()->name == "app-0" && who.claims().confirmed() == Confirmed::live);
  }
  ask_about_a_key(verifier, with_unknown_key(token));
  look_from_a_child(*cluster, verifier, token);

  // The pod goes. Nobody has to be told.
  CHECK(std::system(argv[3]) == 0);  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a command of the test itself.
  CHECK(eventually([&] { return verifier.verify(token).status() == Status::pod_not_found; }));
  FAILS(verifier.verify_online(token), pod_not_found);

  // Changes are told and collected, until the cluster ends.
  const auto alive = std::make_shared<int>(0);
  demand(cluster->on_change([alive](const ClusterChange&) { throw std::runtime_error("nobody hears it"); }));
  CHECK(alive.use_count() == 2);
  demand(cluster->on_change(nullptr));
  CHECK(eventually([&] { return alive.use_count() == 1; }));
  demand(cluster->on_change([alive](const ClusterChange&) {}));
  ClusterChanges changes = demand(cluster->changes());
  FAILS(changes.next(milliseconds(0)), timed_out);
  FAILS(changes.next(milliseconds(-5)), timed_out);

  Cluster shared = *cluster;
  cluster.reset();
  CHECK(!shared.is_stale() && shared.status());
  std::thread([last = shared] { CHECK(!last.is_stale()); }).join();
  shared = Cluster();
  CHECK(alive.use_count() == 1);
  CHECK(eventually([&] { return changes.next(milliseconds(10)).status() == Status::cluster_ended; }));
  CHECK(verifier.verify(token).status() == Status::pod_not_found);
  // Another one, which waits.
  CHECK(!demand(Cluster::connect(options)).is_stale());
  demand(remove_log());
  return verdict_of_test("cluster");
}
