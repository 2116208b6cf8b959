// The library works in programs that are compiled without exceptions and without type information. They have no value().
// Usage: `no_exceptions FOLDER`, as `boundtoken demo --directory` writes it.

#include "check.hpp"

#include <type_traits>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this test is for programs without exceptions"
#endif

using namespace boundtoken;

template <class T, class = void>
struct HasValue : std::false_type {};
template <class T>
struct HasValue<T, std::void_t<decltype(std::declval<T&>().value())>> : std::true_type {};
static_assert(!HasValue<Result<Verified>>::value);
static_assert(!HasValue<Result<void>>::value);

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Fixture fixture(argv[1]);
  if (const auto who = fixture.verifier.verify(fixture.token)) {
    CHECK(who->claims().username() == "system:serviceaccount:demo:app");
  } else {
    CHECK(false && "accepted");
  }
  FAILS(fixture.verifier.verify("x"), token_part_count);
  const Objects asked =
      demand(Objects::from_function([](const ObjectReference&) { return ObjectAnswer::present("another"); }));
  const Verifier verifier =
      demand(VerifierBuilder().issuer(fixture.issuer, fixture.keys, asked).audience("vault").build());
  FAILS(verifier.verify(fixture.token), service_account_uid_mismatch);
  RecordBuffer buffer;
  CHECK(demand(fixture.verifier.start(fixture.token, [] {})).finish(buffer));
  CHECK(set_log(LogLevel::warn, [](const LogLine&) {}) && remove_log());
  FAILS(Cluster().on_change([](const ClusterChange&) {}), null_argument);
  ClusterOptions options;
  options.namespaces = {"twice", "twice"};
  FAILS(Cluster::start(options, [] {}), cluster_configuration);
  return verdict_of_test("no_exceptions");
}
