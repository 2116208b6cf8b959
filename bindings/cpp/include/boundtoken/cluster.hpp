// Clusters that are followed.

#ifndef BOUNDTOKEN_CLUSTER_HPP
#define BOUNDTOKEN_CLUSTER_HPP

#include <boundtoken/callback.hpp>
#include <boundtoken/cluster_options.hpp>
#include <boundtoken/result.hpp>
#include <boundtoken/time.hpp>
#include <boundtoken/verification.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace boundtoken {

/// A change in a cluster. Its texts are lent.
struct ClusterChange {
  /// What changed.
  Change change = Change::none;
  /// The kind of the objects. `ObjectKind::none` if the change is about a key.
  ObjectKind object_kind = ObjectKind::none;
  /// The namespace of the objects. Empty for the whole cluster, and if the change is about a key.
  std::string_view object_namespace;
  /// The kid of the key. Empty if the change is about objects.
  std::string_view kid;
  /// Why the connection was lost, for people. Empty in any other change.
  std::string_view failure;
};

namespace detail {

inline ClusterChange change_of(const boundtoken_cluster_change& change) noexcept {
  return {static_cast<Change>(change.change), static_cast<ObjectKind>(change.object_kind), text_of(change.object_namespace),
          text_of(change.kid), text_of(change.failure)};
}

/// A boundtoken_cluster_callback.
template <class Function>
void tell_change(void* userdata, const boundtoken_cluster_change* change) noexcept {
  guarded([&] { Userdata<Function>::of(userdata)(change_of(*change)); });
}

}  // namespace detail

/// What was known of a cluster at one moment, and how current it was: see `Cluster::status`. Immutable. It can be moved, not
/// copied.
class ClusterReport : public detail::Unique<boundtoken_cluster_report, boundtoken_cluster_report_free> {
 public:
  using Unique::Unique;

  /// A JSON object with the members `issuer`, `keyIds`, `keysLoadedAt`, `keysFailure`, `keysWithdrawn`, `keysStale`, `stale` and
  /// `watches`: see boundtoken_cluster_report_json. The text lives as long as the report.
  std::string_view json() const noexcept { return detail::text_of(boundtoken_cluster_report_json(get())); }
};

/// The changes of a cluster, for a thread that waits for them: see `Cluster::changes`. It can be moved, not copied. Only one
/// thread at a time may use it.
class ClusterChanges : public detail::Unique<boundtoken_cluster_changes, boundtoken_cluster_changes_free> {
 public:
  using Unique::Unique;

  /// Waits for the next change. Its texts live until the next call.
  ///
  /// `timeout`: how long to wait. 0 does not wait.
  ///
  /// `Status::timed_out`: nothing has changed. `Status::cluster_ended`: the cluster was freed, and all its changes were read.
  Result<ClusterChange> next(std::chrono::milliseconds timeout) noexcept {
    boundtoken_cluster_change change{};
    change.size = sizeof change;
    boundtoken_error* error = nullptr;
    const auto status = static_cast<Status>(boundtoken_cluster_next_change(get(), detail::clamped(timeout), &change, &error));
    if (status != Status::ok) return Error(status, error);
    return detail::change_of(change);
  }
};

class Connecting;

/// A connection to a cluster. A background thread keeps the cluster's keys and objects current. Copies share it, and the last one
/// ends it, and waits for its thread.
///
/// A library without clusters fails with `Status::not_built_in`. After a fork, only the parent follows the cluster: in the child,
/// calls fail with `Status::cluster_forked`, and verifiers take its objects for outdated. Connect in each process, after the fork.
///
/// ```cpp cluster
/// boundtoken::ClusterOptions options;
/// options.kubeconfig = kubeconfig;
/// const boundtoken::Cluster cluster = boundtoken::Cluster::connect(options).value();
/// const boundtoken::Verifier verifier = boundtoken::VerifierBuilder().cluster(cluster).audience("example").build().value();
/// assert(!cluster.is_stale());
/// assert(verifier.verify_online("x.y").status() == boundtoken::Status::token_part_count);
///
/// const boundtoken::ClusterReport report = cluster.status().value();
/// assert(report.json().find(R"("stale":false)") != std::string_view::npos);
///
/// cluster.on_change([](const boundtoken::ClusterChange& change) {
///   if (change.change == boundtoken::Change::lost) std::clog << "lost: " << change.failure << '\n';
/// }).value();
/// cluster.on_change(nullptr).value();
///
/// boundtoken::ClusterChanges changes = cluster.changes().value();
/// assert(changes.next(std::chrono::milliseconds(1)).status() == boundtoken::Status::timed_out);
/// ```
class Cluster : public detail::Shared<boundtoken_cluster, boundtoken_cluster_retain, boundtoken_cluster_free> {
 public:
  using Shared::Shared;

  /// Connects, and returns once the cluster's keys are loaded and its objects are known. The call blocks.
  ///
  /// `Status::cluster_configuration`, `cluster_unreachable`, `cluster_forbidden`, `cluster_not_in_step`: the message says which
  /// step failed and which address or permission is missing. `Status::cluster_thread`: there is no background thread.
  static Result<Cluster> connect(const ClusterOptions& options = {}) {
    const std::string configuration = options.json();
    return detail::made<Cluster, boundtoken_cluster>([&](boundtoken_cluster** cluster, boundtoken_error** error) noexcept {
      return boundtoken_cluster_connect(configuration.data(), configuration.size(), cluster, error);
    });
  }

  /// Begins to connect, but does not wait.
  ///
  /// `done`: a function without arguments, or `nullptr`. It is called once when the connection is made or has failed, by any
  /// thread, possibly before this call returns and after the `Connecting` is destroyed. It should only wake somebody up. What it
  /// throws is ignored.
  ///
  /// ```cpp cluster
  /// boundtoken::ClusterOptions options;
  /// options.kubeconfig = kubeconfig;
  /// std::promise<void> done;
  /// const boundtoken::Connecting connecting = boundtoken::Cluster::start(options, [&] { done.set_value(); }).value();
  /// done.get_future().wait();
  /// assert(connecting.is_ready());
  /// const boundtoken::Cluster cluster = connecting.finish().value();
  /// ```
  template <class Done>
  static Result<Connecting> start(const ClusterOptions& options, Done done);

  /// Whether the cluster's objects or keys are outdated. Meant for a readiness probe. True after a move, and after a fork.
  bool is_stale() const noexcept { return boundtoken_cluster_is_stale(get()) != 0; }

  /// Reports what is known of the cluster and how current it is, for logs and metrics. For a check on every request use
  /// `is_stale`.
  Result<ClusterReport> status() const noexcept {
    return detail::made<ClusterReport, boundtoken_cluster_report>(
        [&](boundtoken_cluster_report** report, boundtoken_error** error) noexcept {
          return boundtoken_cluster_status(get(), report, error);
        });
  }

  /// Sets a function that is told what changes from now on, for logs and alarms. It replaces the one before; `nullptr` removes it.
  ///
  /// `function`: takes a `const ClusterChange&`, whose texts live until it returns. The cluster's thread calls it, one change at a
  /// time, and destroys it before the cluster ends. It must return soon. What it throws is ignored.
  template <class Function>
  Result<void> on_change(Function function) const {
    if constexpr (std::is_null_pointer_v<Function>) {
      return set_callback(nullptr, nullptr, nullptr);
    } else {
      using Kept = detail::Userdata<Function>;
      Kept kept(std::move(function));
      auto outcome = set_callback(detail::tell_change<Function>, kept.get(), Kept::free);
      if (outcome) kept.give_away();
      return outcome;
    }
  }

  /// Begins to collect what changes from now on. At most 1,024 changes wait to be read; then the oldest are dropped.
  Result<ClusterChanges> changes() const noexcept {
    return detail::made<ClusterChanges, boundtoken_cluster_changes>(
        [&](boundtoken_cluster_changes** changes, boundtoken_error** error) noexcept {
          return boundtoken_cluster_changes_new(get(), changes, error);
        });
  }

 private:
  Result<void> set_callback(boundtoken_cluster_callback callback, void* userdata, boundtoken_userdata_free free) const noexcept {
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_cluster_on_change(get(), callback, userdata, free, error);
    });
  }
};

/// A connection to a cluster that is being made: see `Cluster::start`. It can be moved, not copied. To destroy it gives up a
/// connection that was not taken. Any thread may use it.
class Connecting : public detail::Unique<boundtoken_connecting, boundtoken_connecting_free> {
 public:
  using Unique::Unique;

  /// Whether the connection is made or has failed.
  bool is_ready() const noexcept { return boundtoken_connecting_is_ready(get()) != 0; }

  /// Returns the connection, once. It does not block.
  ///
  /// `Status::still_asking`: it is not made yet. Otherwise as `Cluster::connect`. `Status::null_argument`: it was returned before.
  Result<Cluster> finish() const noexcept {
    return detail::made<Cluster, boundtoken_cluster>([&](boundtoken_cluster** cluster, boundtoken_error** error) noexcept {
      return boundtoken_connecting_finish(get(), cluster, error);
    });
  }
};

template <class Done>
Result<Connecting> Cluster::start(const ClusterOptions& options, Done done) {
  const std::string configuration = options.json();
  const auto begin = [&](boundtoken_done_callback callback, void* userdata, boundtoken_userdata_free free) noexcept {
    return detail::made<Connecting, boundtoken_connecting>(
        [&](boundtoken_connecting** connecting, boundtoken_error** error) noexcept {
          return boundtoken_connecting_start(configuration.data(), configuration.size(), callback, userdata, free, connecting,
                                             error);
        });
  };
  return detail::with_done_callback(std::move(done), begin);
}

}  // namespace boundtoken

#endif
