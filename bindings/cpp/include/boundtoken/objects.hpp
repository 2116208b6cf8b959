// The objects that tokens are bound to.

#ifndef BOUNDTOKEN_OBJECTS_HPP
#define BOUNDTOKEN_OBJECTS_HPP

#include <boundtoken/callback.hpp>
#include <boundtoken/result.hpp>
#include <boundtoken/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boundtoken {

/// Which object is meant. A kind without namespaces has an empty one.
///
/// ```cpp
/// const boundtoken::ObjectReference pod{boundtoken::ObjectKind::pod, "demo", "app-0"};
/// assert(objects.remove(pod));
/// ```
struct ObjectReference {
  ObjectKind kind = ObjectKind::none;
  std::string_view object_namespace;
  std::string_view object_name;
};

/// What is known of an object. An answer only reports. The verifier compares the uid and judges the deletion.
///
/// ```cpp
/// using boundtoken::ObjectAnswer;
/// const boundtoken::Time deletion = boundtoken::whole_seconds(std::chrono::system_clock::now());
/// const ObjectAnswer answers[] = {ObjectAnswer::present("its uid"), ObjectAnswer::present("its uid", deletion),
///                                 ObjectAnswer::absent(), ObjectAnswer::unavailable(), ObjectAnswer::not_followed()};
/// assert(answers[0].state == boundtoken::ObjectState::present && answers[0].uid == "its uid");
/// ```
struct ObjectAnswer {
  ObjectState state = ObjectState::unavailable;
  /// The object's metadata.uid if it is present.
  std::string uid;
  /// The object's metadata.deletionTimestamp if it is being deleted.
  std::optional<Time> deletion;

  /// The object exists.
  static ObjectAnswer present(std::string uid, std::optional<Time> deletion = std::nullopt) noexcept {
    return {ObjectState::present, std::move(uid), deletion};
  }
  /// The object does not exist.
  static ObjectAnswer absent() noexcept { return {ObjectState::absent, {}, {}}; }
  /// Nobody can say at the moment.
  static ObjectAnswer unavailable() noexcept { return {}; }
  /// Nobody can ever say.
  static ObjectAnswer not_followed() noexcept { return {ObjectState::not_followed, {}, {}}; }
};

/// What a watch of the program sees: the objects of one kind, in one namespace or, if that is empty, in the whole cluster.
struct Scope {
  ObjectKind kind = ObjectKind::none;
  std::string_view object_namespace;
};

/// An object in a list or an event of an API server.
struct ListedObject {
  /// Empty for a kind without namespaces.
  std::string_view object_namespace;
  std::string_view object_name;
  /// Its metadata.uid.
  std::string_view uid;
  /// Its metadata.deletionTimestamp if it is being deleted.
  std::optional<Time> deletion;
};

namespace detail {

inline boundtoken_listed_object lend(const ListedObject& object) noexcept {
  return {lend(object.object_namespace), lend(object.object_name), lend(object.uid), deletion_seconds(object.deletion)};
}

}  // namespace detail

/// The connection from one watch of the program to a store that follows a cluster: see `Objects::following`. It can be
/// moved, not copied. Any thread may use it, but a watch reports its events in order.
class Feed : public detail::Unique<boundtoken_feed, boundtoken_feed_free> {
 public:
  using Unique::Unique;

  /// Replaces what the watch knew by a list that was asked for `age` ago. No object that is in both is missing in between.
  ///
  /// `Status::object_incomplete`, `Status::negative_time`: an object is not one. Nothing is removed.
  Result<void> replace(ArrayView<ListedObject> listed, std::chrono::seconds age) const {
    std::vector<boundtoken_listed_object> lent;
    lent.reserve(listed.size());
    for (const ListedObject& object : listed) lent.push_back(detail::lend(object));
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_feed_replace(get(), lent.data(), lent.size(), detail::clamped(age), error);
    });
  }

  /// Adds or replaces the object of an event. It fails like `replace`.
  Result<void> upsert(const ListedObject& object) const noexcept {
    const boundtoken_listed_object lent = detail::lend(object);
    return detail::done([&](boundtoken_error** error) noexcept { return boundtoken_feed_upsert(get(), &lent, error); });
  }

  /// Removes the object of an event. Tokens that are bound to it are refused from now on. It fails like `replace`.
  Result<void> remove(const ListedObject& object) const noexcept {
    const boundtoken_listed_object lent = detail::lend(object);
    return detail::done([&](boundtoken_error** error) noexcept { return boundtoken_feed_delete(get(), &lent, error); });
  }

  /// Says that the watch is up to date, as a bookmark of the API server proves.
  void prove() const noexcept { boundtoken_feed_prove(get()); }
};

struct Following;

/// The objects that tokens are bound to: a store in memory, a store that follows a cluster, or a function of the program.
/// Copies share them. They may change at any time, while threads verify.
///
/// ```cpp
/// const boundtoken::Objects objects = boundtoken::Objects::in_memory();
/// assert(objects.load_json(objects_json).value() == objects.count());
///
/// // What a watch tells, at once for all verifiers that use the store.
/// const boundtoken::ObjectReference pod{boundtoken::ObjectKind::pod, "demo", "web-0"};
/// objects.upsert(pod, "3a7c").value();
/// objects.remove(pod).value();
/// assert(!objects.is_stale());
///
/// // Everything anew.
/// objects.replace_json(R"({"pods": []})").value();
/// assert(objects.count() == 0);
/// ```
class Objects : public detail::Shared<boundtoken_objects, boundtoken_objects_retain, boundtoken_objects_free> {
 public:
  using Shared::Shared;

  /// An empty store in memory. While it is empty, every object is absent and every token is refused.
  static Objects in_memory() noexcept { return Objects(boundtoken_objects_new()); }

  /// A source that asks a function of the program: it takes a `const ObjectReference&` and returns an `ObjectAnswer`.
  ///
  /// The library calls it during a verification for each object that the token is bound to, from any thread, and from
  /// several threads at once. It should answer from memory. If it throws, the object is unavailable. It is destroyed with
  /// the last owner of these objects, by the thread of that owner. Its texts live until it returns.
  ///
  /// ```cpp
  /// const auto objects = boundtoken::Objects::from_function([](const boundtoken::ObjectReference& asked) {
  ///   if (asked.kind == boundtoken::ObjectKind::pod) throw std::runtime_error("the database is away");
  ///   return boundtoken::ObjectAnswer::present("35c17a8c-8c5b-4a4e-a4ea-4d03b4a3c5ee");
  /// });
  /// assert(objects);
  /// ```
  template <class Function>
  static Result<Objects> from_function(Function function) {
    using Kept = detail::Userdata<Function>;
    Kept kept(std::move(function));
    auto objects =
        detail::made<Objects, boundtoken_objects>([&](boundtoken_objects** made, boundtoken_error** error) noexcept {
          return boundtoken_objects_from_callback(ask<Function>, kept.get(), Kept::free, made, error);
        });
    if (objects) kept.give_away();
    return objects;
  }

  /// A store that follows a cluster, for programs with watches (informers) of their own. It knows what it does not know:
  /// until every feed has listed once, and when one has told nothing for longer than `max_staleness`, verifiers refuse tokens
  /// with `Status::bound_object_unavailable` or mark them as stale.
  ///
  /// `max_staleness`: from 1 to 86,400 seconds. An API server confirms an idle watch about once a minute by a bookmark.
  ///
  /// `Status::unknown_value`: there is no scope, a kind is none of the kinds, or the staleness is out of range.
  ///
  /// ```cpp
  /// const boundtoken::Scope scopes[] = {{boundtoken::ObjectKind::service_account, ""}, {boundtoken::ObjectKind::pod, "demo"}};
  /// const boundtoken::Following following = boundtoken::Objects::following(scopes, std::chrono::seconds(150)).value();
  /// const boundtoken::Feed& pods = following.feeds[1];
  /// assert(following.objects.is_stale());
  ///
  /// following.feeds[0].replace({}, std::chrono::seconds(0)).value();
  /// const boundtoken::ListedObject listed[] = {{"demo", "web-0", "3a7c", {}}};
  /// pods.replace(listed, std::chrono::seconds(1)).value();
  /// pods.upsert({"demo", "web-1", "5b21", {}}).value();
  /// pods.remove(listed[0]).value();
  /// pods.prove();
  /// assert(!following.objects.is_stale());
  /// ```
  static Result<Following> following(ArrayView<Scope> scopes, std::chrono::seconds max_staleness);

  /// Adds the objects of a JSON document, such as `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` prints, and
  /// returns their number. Objects that the store has already are replaced.
  ///
  /// `Status::objects_unreadable`: the document is no such list. Nothing is added. `Status::not_an_object_store`: the objects
  /// come from a function.
  Result<std::size_t> load_json(std::string_view document) const noexcept {
    return read_json(boundtoken_objects_load_json, document);
  }

  /// Replaces everything by the objects of a JSON document, and returns their number. No object that is in both is missing in
  /// between. It fails like `load_json`, and then the old objects stay.
  Result<std::size_t> replace_json(std::string_view document) const noexcept {
    return read_json(boundtoken_objects_replace_json, document);
  }

  /// Adds or replaces one object.
  ///
  /// `uid`: its metadata.uid. `deletion`: its metadata.deletionTimestamp if it is being deleted.
  ///
  /// `Status::object_incomplete`: a text is empty. `Status::unknown_value`: the kind is none of the kinds.
  /// `Status::negative_time`: the deletion is before 1970. `Status::not_an_object_store`: the objects come from a function.
  Result<void> upsert(const ObjectReference& object, std::string_view uid,
                      std::optional<Time> deletion = std::nullopt) const noexcept {
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_objects_upsert(get(), static_cast<boundtoken_object_kind>(object.kind),
                                       detail::lend(object.object_namespace), detail::lend(object.object_name),
                                       detail::lend(uid), detail::deletion_seconds(deletion), error);
    });
  }

  /// Removes one object. Tokens that are bound to it are refused from now on. It succeeds too if there is no such object,
  /// and fails like `upsert`.
  Result<void> remove(const ObjectReference& object) const noexcept {
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_objects_delete(get(), static_cast<boundtoken_object_kind>(object.kind),
                                       detail::lend(object.object_namespace), detail::lend(object.object_name), error);
    });
  }

  /// The number of objects in the store. 0 if the objects come from a function.
  std::size_t count() const noexcept { return boundtoken_objects_count(get()); }
  /// Whether the store follows a cluster and its objects are outdated. Meant for a readiness probe. True after a move.
  bool is_stale() const noexcept { return boundtoken_objects_are_stale(get()) != 0; }

 private:
  template <class Read>
  Result<std::size_t> read_json(Read read, std::string_view document) const noexcept {
    std::size_t loaded = 0;
    boundtoken_error* error = nullptr;
    const auto status = static_cast<Status>(read(get(), document.data(), document.size(), &loaded, &error));
    if (status != Status::ok) return Error(status, error);
    return loaded;
  }

  /// A boundtoken_objects_callback.
  template <class Function>
  static boundtoken_object_state ask(void* userdata, const boundtoken_object_query* query,
                                     boundtoken_object_answer* answer) noexcept {
    return detail::guarded<boundtoken_object_state>(BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE, [&]() -> boundtoken_object_state {
      const ObjectAnswer known = detail::Userdata<Function>::of(userdata)(
          ObjectReference{static_cast<ObjectKind>(query->kind), detail::text_of(query->object_namespace),
                          detail::text_of(query->object_name)});
      if (known.uid.size() > sizeof answer->uid) return BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE;
      std::memcpy(answer->uid, known.uid.data(), known.uid.size());
      answer->uid_len = known.uid.size();
      answer->deletion_timestamp = detail::deletion_seconds(known.deletion);
      return static_cast<boundtoken_object_state>(known.state);
    });
  }
};

/// A store that follows a cluster, and the feeds that tell it. The order of the feeds is that of the scopes.
struct Following {
  Objects objects;
  std::vector<Feed> feeds;
};

inline Result<Following> Objects::following(ArrayView<Scope> scopes, std::chrono::seconds max_staleness) {
  std::vector<boundtoken_scope> lent;
  lent.reserve(scopes.size());
  for (const Scope& scope : scopes) {
    lent.push_back({static_cast<boundtoken_object_kind>(scope.kind), 0, detail::lend(scope.object_namespace)});
  }
  // Not even for no scope may the array of feeds be NULL.
  std::vector<boundtoken_feed*> handles(scopes.size() + 1);
  Following following;
  following.feeds.reserve(scopes.size());
  auto objects =
      detail::made<Objects, boundtoken_objects>([&](boundtoken_objects** made, boundtoken_error** error) noexcept {
        return boundtoken_objects_following(lent.data(), lent.size(), detail::clamped(max_staleness), handles.data(), made,
                                            error);
      });
  if (!objects) return std::move(objects).error();
  following.objects = *std::move(objects);
  handles.pop_back();
  for (boundtoken_feed* handle : handles) following.feeds.emplace_back(handle);
  return following;
}

}  // namespace boundtoken

#endif
