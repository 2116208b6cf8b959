// Handles are owned as C++ expects it, results are tested first, and functions of the program may throw.
// Usage: `owners FOLDER`, as `boundtoken demo --directory` writes it.

#include "check.hpp"

#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace boundtoken;
using std::chrono::seconds;

void functions_may_throw(const Fixture& fixture) {
  const auto verify_with = [&](auto function, OnUnavailable choice = OnUnavailable::refuse) {
    const Objects asked = demand(Objects::from_function(std::move(function)));
    CHECK(asked.count() == 0 && !asked.is_stale());
    FAILS(asked.load_json("[]"), not_an_object_store);
    FAILS(asked.upsert(app_0, "x"), not_an_object_store);
    return demand(VerifierBuilder().issuer(fixture.issuer, fixture.keys, asked).audience("vault").on_unavailable(choice).build())
        .verify(fixture.token);
  };
  FAILS(verify_with([](const ObjectReference&) -> ObjectAnswer { throw std::runtime_error("away"); }),
        bound_object_unavailable);
  FAILS(verify_with([](const ObjectReference&) -> ObjectAnswer { throw 7; }), bound_object_unavailable);
  FAILS(verify_with(std::function<ObjectAnswer(const ObjectReference&)>()), bound_object_unavailable);
  const auto accepted = verify_with([](const ObjectReference&) -> ObjectAnswer { throw 7; }, OnUnavailable::accept);
  CHECK(accepted && accepted->claims().confirmed() == Confirmed::unavailable);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::absent(); }), service_account_not_found);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::not_followed(); }, OnUnavailable::accept),
        bound_object_not_followed);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::present("x"); }), service_account_uid_mismatch);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::present(std::string(129, 'x')); }),
        bound_object_unavailable);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::present("\xff"); }), bound_object_unavailable);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer::present("x", Time(seconds(-1))); }),
        bound_object_unavailable);
  FAILS(verify_with([](const ObjectReference&) { return ObjectAnswer{static_cast<ObjectState>(99), "", {}}; }),
        bound_object_unavailable);

  // A function that can be moved only lives as long as the last verifier that asks it.
  const auto alive = std::make_shared<int>(0);
  auto only = std::make_unique<std::shared_ptr<int>>(alive);
  std::optional<Verifier> verifier;
  {
    const Objects asked = demand(Objects::from_function([only = std::move(only)](const ObjectReference&) {
      ++**only;
      return ObjectAnswer::unavailable();
    }));
    verifier = demand(VerifierBuilder().issuer(fixture.issuer, fixture.keys, asked).audience("vault").build());
  }
  CHECK(alive.use_count() == 2);
  FAILS(verifier->verify(fixture.token), bound_object_unavailable);
  CHECK(*alive == 1);
  verifier.reset();
  CHECK(alive.use_count() == 1);

  // The functions of a verification, and of the log.
  const auto begun = [&](const Verifier& by) {
    return by.start(fixture.token, [alive] { throw std::runtime_error("nobody hears it"); });
  };
  {
    const Verification verification = demand(begun(fixture.verifier));
    CHECK(alive.use_count() == 2 && verification.is_ready());
    RecordBuffer buffer;
    CHECK(verification.finish(buffer) && verification.finish_now(buffer));
  }
  CHECK(alive.use_count() == 1);
  FAILS(begun(Verifier()), null_argument);
  VerifyOptions cached;
  cached.cached_only = true;
  FAILS(fixture.verifier.start(fixture.token, [alive] {}, cached), unknown_value);
  FAILS(set_log(static_cast<LogLevel>(99), [alive](const LogLine&) {}), unknown_value);
  CHECK(alive.use_count() == 1);
  CHECK(set_log(LogLevel::debug, [alive](const LogLine&) { throw 7; }));
  CHECK(alive.use_count() == 2);
  CHECK(set_log(LogLevel::debug, [](const LogLine&) {}) && alive.use_count() == 1);
  CHECK(remove_log());
}

// What was moved from fails or is neutral, and what is copied is the same thing.
void handles_are_owned(const Fixture& fixture) {
  FAILS(emptied(fixture.verifier).verify(fixture.token), null_argument);
  FAILS(emptied(fixture.verifier).verify_at(fixture.token, now()), null_argument);
  FAILS(emptied(fixture.verifier).verify_for(fixture.token, {}), null_argument);
  FAILS(emptied(fixture.verifier).verify_online(fixture.token), null_argument);
  FAILS(emptied(fixture.verifier).check(fixture.token), null_argument);
  CHECK(emptied(fixture.verifier).statistics().status() == Status::null_argument);
  CHECK(emptied(fixture.verifier).largest_record() == 0);
  RecordBuffer buffer;
  CHECK(emptied(fixture.verifier).verify_into(fixture.token, buffer).status() == Status::null_argument);
  FAILS(emptied(fixture.keys).replace_jwks(fixture.jwks), null_argument);
  CHECK(emptied(fixture.keys).count() == 0 && emptied(fixture.keys).skipped_count() == 0 && !emptied(fixture.keys).skipped(0));
  FAILS(emptied(fixture.objects).load_json("[]"), null_argument);
  FAILS(emptied(fixture.objects).upsert(app_0, "x"), null_argument);
  CHECK(emptied(fixture.objects).count() == 0 && emptied(fixture.objects).is_stale());
  const Verified who = demand(fixture.verifier.verify(fixture.token));
  CHECK(emptied(who).claims().confirmed() == Confirmed::none && emptied(who).claims().username().empty());
  CHECK(!emptied(who).claims().pod() && emptied(who).claims().groups().empty());
  FAILS(emptied(who).json(), null_argument);
  const Verification verification = emptied(demand(fixture.verifier.start(fixture.token, nullptr)));
  CHECK(verification.is_ready() && verification.finish(buffer).status() == Status::null_argument);
  CHECK(verification.finish_now(buffer).status() == Status::null_argument);

  // What a token lends outlives its verifier and other owners.
  std::optional<Verified> kept(demand(demand(fixture.builder().build()).verify(fixture.token)));
  const Verified copy = *kept;  // NOLINT(performance-unnecessary-copy-initialization): it outlives the other.
  const std::string_view user = kept->claims().username();
  kept.reset();
  CHECK(user == "system:serviceaccount:demo:app" && copy.claims().username().data() == user.data());
  Verifier left = fixture.verifier;
  const Verifier right = demand(fixture.builder().build());
  CHECK(left.get() == fixture.verifier.get());
  left = right;
  left = *&left;
  CHECK(left.get() == right.get() && left.verify(fixture.token));
  Keys raw(boundtoken_keys_retain(fixture.keys.get()));
  boundtoken_keys_free(raw.release());
  CHECK(!raw && fixture.keys.count() == 1);
}

void results_are_tested_first(const Fixture& fixture) {
  auto refused = fixture.verifier.verify("x");
  try {
    static_cast<void>(refused.value());
    CHECK(false && "accepted");
  } catch (const Exception& exception) {
    const Exception copy = exception;  // NOLINT(performance-unnecessary-copy-initialization): it is what is tested.
    CHECK(copy.error().status() == Status::token_part_count && copy.what() == exception.error().message());
  }
  CHECK(!refused && refused.status() == Status::token_part_count);
  CHECK(fixture.verifier.verify(fixture.token).value().claims().username() == "system:serviceaccount:demo:app");
  try {
    fixture.keys.replace_jwks("").value();
    CHECK(false && "read");
  } catch (const std::exception& exception) {
    CHECK(std::string_view(exception.what()).find("JSON") != std::string_view::npos);
  }
}

// Owners end while others go on.
void owners_may_end_while_others_verify(const Fixture& fixture) {
  std::vector<std::thread> threads;
  std::promise<void> begin;
  const std::shared_future<void> begun = begin.get_future().share();
  std::atomic<int> accepted{0};
  {
    const Verifier verifier = demand(fixture.builder().build());
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([&fixture, &accepted, begun, own = verifier] {
        begun.wait();
        for (int round = 0; round < 50; round++) accepted += own.verify(fixture.token).has_value() ? 1 : 0;
      });
    }
  }
  begin.set_value();
  for (std::thread& thread : threads) thread.join();
  CHECK(accepted == 200);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Fixture fixture(argv[1]);
  functions_may_throw(fixture);
  handles_are_owned(fixture);
  results_are_tested_first(fixture);
  owners_may_end_while_others_verify(fixture);
  return verdict_of_test("owners");
}
