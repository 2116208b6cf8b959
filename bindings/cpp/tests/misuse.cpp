// Every mistake that a caller can make within the rules of C++ gives a status. It never crashes and never accepts a token.
// Usage: `misuse FOLDER`, as `boundtoken demo --directory` writes it.

#include "check.hpp"

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace boundtoken;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string_view too_long_text("x", std::numeric_limits<std::size_t>::max());
const std::string_view not_utf8("\xff");

void statuses_and_versions() {
  CHECK(name(Status::ok) == "ok" && name(Status::expired) == "expired");
  CHECK(name(static_cast<Status>(999999)) == "unknown" && !description(static_cast<Status>(999999)).empty());
  CHECK(version() == BOUNDTOKEN_VERSION_STRING && version() == BOUNDTOKEN_CPP_VERSION);
  CHECK(build_info().find(R"("version":")") != std::string_view::npos);
  CHECK(!is_refusal(Status::not_cached) && is_refusal(static_cast<Status>(999999)));
  const Error none;
  CHECK(none.status() == Status::ok && none.name() == "ok" && none.remedy().empty());
  const Error plain(Status::null_argument);
  CHECK(plain.name() == "null_argument" && !plain.message().empty() && plain.http_status() == 500);
}

void documents_are_checked(const Fixture& fixture) {
  FAILS(Keys::from_jwks({}), jwks_unreadable);
  FAILS(Keys::from_jwks(too_long_text), length_out_of_range);
  FAILS(Keys::from_jwks(fixture.pem), jwks_unreadable);
  FAILS(Keys::from_jwks(R"({"keys":[]})"), no_usable_key);
  FAILS(Keys::from_pem({}), pem_unreadable);
  FAILS(Keys::from_pem(fixture.jwks), pem_unreadable);
  const Keys pem = demand(Keys::from_pem(fixture.pem));
  CHECK(pem.count() == 1 && pem.skipped_count() == 0);
  FAILS(pem.replace_jwks("[]"), jwks_unreadable);
  FAILS(pem.replace_pem(""), pem_unreadable);
  CHECK(pem.replace_pem(fixture.pem) && pem.count() == 1);

  const Keys skipping = demand(
      Keys::from_jwks(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
                      R"({"kty":"oct","kid":"two","k":"c2VjcmV0"}]})"));
  CHECK(skipping.count() == 1 && skipping.skipped_count() == 1 && !skipping.skipped(1));
  const std::optional<Error> skipped = skipping.skipped(0);
  CHECK(skipped && skipped->status() == Status::key_skipped);
  CHECK(skipped->message().find("two") != std::string_view::npos && skipped->message().find("c2Vj") == std::string_view::npos);

  const Objects store = Objects::in_memory();
  FAILS(store.load_json({}), objects_unreadable);
  FAILS(store.load_json(too_long_text), length_out_of_range);
  FAILS(store.load_json(R"({"pods":[{}]})"), objects_unreadable);
  CHECK(demand(store.load_json("[]")) == 0);
  FAILS(store.replace_json("x"), objects_unreadable);
  FAILS(store.upsert({ObjectKind::pod, "", "x"}, "x"), object_incomplete);
  FAILS(store.upsert({ObjectKind::pod, "x", ""}, "x"), object_incomplete);
  FAILS(store.upsert({ObjectKind::pod, "x", "x"}, ""), object_incomplete);
  FAILS(store.upsert({ObjectKind::pod, "x", not_utf8}, "x"), not_utf8);
  FAILS(store.upsert({ObjectKind::pod, "x", "x"}, "x", Time(seconds(-1))), negative_time);
  FAILS(store.upsert({ObjectKind::none, "x", "x"}, "x"), unknown_value);
  FAILS(store.remove({static_cast<ObjectKind>(7), "x", "x"}), unknown_value);
  FAILS(store.remove({ObjectKind::pod, "", "x"}), object_incomplete);
  CHECK(store.count() == 0 && store.upsert({ObjectKind::node, "", "x"}, "x") && store.count() == 1);
  CHECK(store.remove({ObjectKind::node, "", "x"}) && store.remove({ObjectKind::node, "", "x"}) && store.count() == 0);
}

void builders_are_checked(const Fixture& fixture) {
  FAILS(VerifierBuilder().build(), no_issuer);
  FAILS(VerifierBuilder().issuer("x", fixture.keys, fixture.objects).build(), no_audience);
  FAILS(VerifierBuilder().issuer_also_named("x").build(), no_issuer);
  FAILS(fixture.builder().issuer_without_objects("", fixture.keys).build(), empty_issuer);
  FAILS(fixture.builder().issuer_label("").build(), empty_label);
  FAILS(fixture.builder().audience("").build(), empty_audience);
  FAILS(fixture.builder().audience(not_utf8).audience("").build(), not_utf8);
  FAILS(fixture.builder().leeway(hours(2)).build(), leeway_too_long);
  FAILS(fixture.builder().leeway(seconds(-1)).build(), leeway_too_long);
  FAILS(fixture.builder().max_token_size(0).build(), token_size_out_of_range);
  FAILS(fixture.builder().on_unavailable(static_cast<OnUnavailable>(2)).build(), unknown_value);
  FAILS(fixture.builder().issuer_without_objects("x", emptied(fixture.keys)).build(), null_argument);
  // Objects that are gone must never mean that objects are not checked.
  FAILS(fixture.builder().issuer("x", fixture.keys, emptied(fixture.objects)).build(), null_argument);
  FAILS(VerifierBuilder().cluster(Cluster()).audience("x").build(), null_argument);
  VerifierBuilder built = fixture.builder();
  CHECK(built.build());
  FAILS(built.audience("again").build(), null_argument);
  FAILS(emptied(fixture.builder()).audience("x").fast_rsa(true).fast_p256(true).build(), null_argument);
  const Verifier short_tokens = demand(fixture.builder().max_token_size(fixture.token.size() - 1).build());
  FAILS(short_tokens.verify(fixture.token), token_too_large);
}

void tokens_are_checked(const Fixture& fixture) {
  const Verifier& verifier = fixture.verifier;
  const std::string_view token = fixture.token;
  FAILS(verifier.verify({}), token_empty);
  FAILS(verifier.verify("a.b"), token_part_count);
  FAILS(verifier.verify(too_long_text), length_out_of_range);
  FAILS(verifier.verify(token.substr(0, token.size() - 1)), token_not_base64url);
  FAILS(verifier.verify_at(token, Time(seconds(-1))), negative_time);
  FAILS(verifier.verify_at(token, Time(seconds(0))), not_yet_valid);
  FAILS(verifier.verify_at(token, Time::max()), expired);
  FAILS(verifier.verify_at(token, whole_seconds(std::chrono::system_clock::now() + hours(48))), expired);
  const std::string_view bad[] = {"vault", not_utf8};
  const std::string_view nobody[] = {""};
  std::vector<std::string_view> many(100, "nobody");
  FAILS(verifier.verify_for(token, bad), not_utf8);
  FAILS(verifier.verify_for(token, {}), audience_mismatch);
  FAILS(verifier.verify_for(token, nobody), audience_mismatch);
  FAILS(verifier.verify_for_at(token, many, now()), audience_mismatch);
  many.emplace_back("vault");
  CHECK(demand(verifier.verify_for_at(token, many, now())).claims().matched_audiences()[0] == "vault");
  CHECK(demand(verifier.verify_online(token)).claims().confirmed() == Confirmed::live);

  // Objects change under the verifier.
  const std::string uid(demand(verifier.verify(token)).claims().pod()->uid);
  CHECK(fixture.objects.remove(app_0));
  FAILS(verifier.verify(token), pod_not_found);
  CHECK(fixture.objects.upsert(app_0, "another"));
  FAILS(verifier.verify(token), pod_uid_mismatch);
  CHECK(fixture.objects.upsert(app_0, uid, now() - seconds(61)));
  FAILS(verifier.verify(token), pod_deleted);
  // The beginning of the epoch is a deletion too.
  CHECK(fixture.objects.upsert(app_0, uid, Time(seconds(0))));
  FAILS(verifier.verify(token), pod_deleted);
  CHECK(fixture.objects.upsert(app_0, uid) && verifier.verify(token));

  const Statistics statistics = demand(verifier.statistics());
  CHECK(statistics.accepted_first == 1 && statistics.refused_for_objects >= 4 && statistics.keys == 1);
  CHECK(statistics.fast_rsa() == FastRsaState::on || statistics.fast_rsa_keys == 0);
  CHECK(statistics.fast_p256() == FastRsaState::on || statistics.fast_p256_keys == 0);
}

void records_are_checked(const Fixture& fixture) {
  const Verifier& verifier = fixture.verifier;
  RecordBuffer buffer;
  VerifyOptions options;
  options.cached_only = true;
  options.online = true;
  Record record = verifier.verify_into(fixture.token, buffer, options);
  CHECK(record.status() == Status::unknown_value && record.http_status() == 500 && !record);
  options.online = false;
  options.now = Time(seconds(-1));
  CHECK(verifier.verify_into(fixture.token, buffer, options).status() == Status::negative_time);
  options = {};
  options.audiences = ArrayView<std::string_view>();
  CHECK(verifier.verify_into(fixture.token, buffer, options).status() == Status::audience_mismatch);
  CHECK(verifier.verify_into(fixture.token, buffer));
  // Nothing of an earlier record is left.
  record = verifier.verify_into("x", buffer);
  CHECK(!record && record.username().empty() && record.groups().empty() && !record.pod() && record.claims_id() == 0);
  CHECK(record.confirmed() == Confirmed::none && record.bound_objects().empty() && record.extra().empty());

  // A record that needs more memory than there is at first.
  const std::vector<std::string_view> audiences(2000, "vault");
  options.audiences = audiences;
  record = verifier.verify_into(fixture.token, buffer, options);
  CHECK(record && record.pod()->name == "app-0" && record.matched_audiences().size() >= 1);
  CHECK(verifier.largest_record() > 2048);

  // Too little memory for a header, a foreign version, a text beyond the end: nothing is accepted, nothing is read.
  std::array<unsigned char, 512> bytes{};
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{8}, std::size_t{295}}) {
    const Record cut(Status::ok, bytes.data(), size);
    CHECK(!cut && cut.username().empty() && cut.groups().empty() && cut.http_status() == 0);
  }
  bytes[0] = 2;
  CHECK(!Record(Status::ok, bytes.data(), bytes.size()) && Record(Status::ok, bytes.data(), bytes.size()).username().empty());
  bytes[0] = 1;
  bytes[offsetof(boundtoken_record, subject)] = 0xf0;
  bytes[offsetof(boundtoken_record, subject) + 1] = 0x01;
  bytes[offsetof(boundtoken_record, subject) + 4] = 0xff;
  CHECK(Record(Status::ok, bytes.data(), bytes.size()).username().empty());

  RecordBatch batch, odd(297), small(296);
  const std::vector<std::string_view> tokens(10, fixture.token);
  FAILS(verifier.verify_batch(tokens, 0, batch), unknown_value);
  FAILS(verifier.verify_batch(tokens, 1025, batch), unknown_value);
  FAILS(verifier.verify_batch(tokens, 2, odd), unknown_value);
  FAILS(verifier.verify_batch(tokens, 2, batch, options), unknown_value);
  FAILS(emptied(Verifier(verifier)).verify_batch(tokens, 2, batch), null_argument);
  CHECK(batch.size() == 0);
  RecordBatch huge(std::numeric_limits<std::size_t>::max() / 4 * 4);
  FAILS(verifier.verify_batch(tokens, 2, huge), length_out_of_range);
  CHECK(verifier.verify_batch({}, 1, batch) && batch.size() == 0);
  CHECK(verifier.verify_batch(tokens, 3, batch) && batch.size() == 10 && batch[9] && batch[9].pod()->name == "app-0");
  CHECK(verifier.verify_batch(tokens, 1, small) && small[0].status() == Status::buffer_too_small && !small[0]);
}

void two_steps_are_checked(const Fixture& fixture) {
  const Verifier& verifier = fixture.verifier;
  const Verifier other = demand(fixture.builder().build());
  VerifyOptions options;
  options.cached_only = true;
  FAILS(verifier.check(fixture.token, options), unknown_value);
  FAILS(verifier.check("x"), token_part_count);
  const Checked checked = demand(verifier.check(fixture.token));
  const BoundObjectList objects = checked.objects();
  CHECK(objects.size() == 2 && checked.issuer_label() == fixture.issuer);
  CHECK(objects[0].reference.kind == ObjectKind::service_account && objects[1].reference.object_name == "app-0");
  std::vector<ObjectAnswer> answers;
  for (const BoundObject object : objects) answers.push_back(ObjectAnswer::present(std::string(object.uid)));
  const ObjectAnswer good = answers[1];
  CHECK(verifier.confirm(checked, answers));
  FAILS(verifier.confirm(checked, {}), answers_missing);
  FAILS(verifier.confirm(checked, ArrayView<ObjectAnswer>(answers.data(), 1)), answers_missing);
  FAILS(other.confirm(checked, answers), verifier_mismatch);
  FAILS(verifier.confirm(Checked(), answers), null_argument);
  answers[1] = ObjectAnswer::absent();
  FAILS(verifier.confirm(checked, answers), pod_not_found);
  answers[1] = ObjectAnswer::unavailable();
  FAILS(verifier.confirm(checked, answers), bound_object_unavailable);
  answers[1] = ObjectAnswer::not_followed();
  FAILS(verifier.confirm(checked, answers), bound_object_not_followed);
  answers[1] = ObjectAnswer::present(std::string(1000, 'x'));
  FAILS(verifier.confirm(checked, answers), pod_uid_mismatch);
  answers[1] = ObjectAnswer::present(good.uid, Time(seconds(0)));
  FAILS(verifier.confirm(checked, answers), pod_deleted);
  answers[1] = good;
  RecordBuffer buffer;
  CHECK(verifier.confirm_into(checked, answers, buffer).confirmed() == Confirmed::live);
  CHECK(other.confirm_into(checked, answers, buffer).status() == Status::verifier_mismatch);
  CHECK(Checked().objects().empty() && Checked().issuer_label().empty());
}

void feeds_are_checked(const Fixture& fixture) {
  const Scope scopes[] = {{ObjectKind::service_account, ""}, {ObjectKind::pod, "demo"}};
  const Scope bad[] = {{static_cast<ObjectKind>(99), ""}};
  FAILS(Objects::following({}, seconds(60)), unknown_value);
  FAILS(Objects::following(scopes, seconds(0)), unknown_value);
  FAILS(Objects::following(scopes, seconds(-1)), unknown_value);
  FAILS(Objects::following(scopes, hours(25)), unknown_value);
  FAILS(Objects::following(scopes, seconds::max()), unknown_value);
  FAILS(Objects::following(bad, seconds(60)), unknown_value);
  Following following = demand(Objects::following(scopes, hours(1)));
  const Verifier verifier =
      demand(VerifierBuilder().issuer(fixture.issuer, fixture.keys, following.objects).audience("vault").build());
  FAILS(verifier.verify(fixture.token), bound_object_unavailable);
  const Verified who = demand(fixture.verifier.verify(fixture.token));
  const Claims claims = who.claims();
  const ListedObject account{"demo", claims.service_account_name(), claims.service_account_uid(), {}};
  const ListedObject pod{"demo", claims.pod()->name, claims.pod()->uid, {}};
  const ListedObject listed[] = {account};
  const ListedObject nameless[] = {{"demo", "", "x", {}}};
  const ListedObject early[] = {{"demo", "x", "x", Time(seconds(-1))}};
  FAILS(following.feeds[0].replace(nameless, seconds(0)), object_incomplete);
  FAILS(following.feeds[0].replace(early, seconds(0)), negative_time);
  FAILS(Feed().upsert(pod), null_argument);
  FAILS(Feed().remove(pod), null_argument);
  FAILS(Feed().replace(listed, seconds(0)), null_argument);
  Feed().prove();
  CHECK(following.feeds[0].replace(listed, seconds(0)) && following.objects.is_stale());
  CHECK(following.feeds[1].replace({}, seconds(-5)) && !following.objects.is_stale());
  CHECK(following.feeds[1].upsert(pod) && verifier.verify(fixture.token));
  CHECK(following.feeds[1].remove(pod));
  FAILS(verifier.verify(fixture.token), pod_not_found);
  following.feeds[0].prove();
  following.feeds.clear();
  CHECK(!following.objects.is_stale());
}

void clusters_are_checked() {
  ClusterOptions options;
  options.kubeconfig = "/nowhere/\"kube\\config\"\n";
  const auto nowhere = Cluster::connect(options);
  CHECK(nowhere.status() == Status::cluster_configuration);
  CHECK(nowhere.error().message().find("/nowhere/") != std::string_view::npos);
  const auto connects = [](void (*change)(ClusterOptions&), std::string_view why) {
    ClusterOptions changed;
    change(changed);
    const auto failed = Cluster::connect(changed);
    CHECK(failed.status() == Status::cluster_configuration && failed.error().message().find(why) != std::string_view::npos);
    CHECK(Cluster::start(changed, nullptr).status() == Status::cluster_configuration);
  };
  connects([](ClusterOptions& of) { of.namespaces = {"a", "b", "a"}; }, "twice");
  connects([](ClusterOptions& of) { of.namespaces = {"../nodes"}; }, "cannot be the name of a namespace");
  connects([](ClusterOptions& of) { of.max_staleness = seconds(0); }, "between 1 and 86400");
  connects([](ClusterOptions& of) { of.max_key_age = seconds(0); }, "between 1 and 31536000");
  connects([](ClusterOptions& of) { of.unknown_key_wait = milliseconds(10001); }, "between 0 and 10000");
  connects([](ClusterOptions& of) { of.deadline = seconds(-1); }, "expected u64");
  connects([](ClusterOptions& of) { of.in_cluster = true, of.context = "a"; }, "no choice");
  options = {};
  options.in_cluster = true;
  options.secrets = true;
  options.nodes = false;
  options.webhook_configurations = true;
  CHECK(options.json() == R"({"inCluster":true,"secrets":true,"nodes":false,"webhookConfigurations":true})");

  const Cluster none;
  CHECK(none.is_stale());
  FAILS(none.status(), null_argument);
  FAILS(none.changes(), null_argument);
  FAILS(none.on_change(nullptr), null_argument);
  const auto alive = std::make_shared<int>(0);
  FAILS(none.on_change([alive](const ClusterChange&) {}), null_argument);
  CHECK(alive.use_count() == 1);
  FAILS(ClusterChanges().next(milliseconds(0)), null_argument);
  FAILS(Connecting().finish(), null_argument);
  CHECK(Connecting().is_ready() && ClusterReport().json().empty());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Fixture fixture(argv[1]);
  statuses_and_versions();
  documents_are_checked(fixture);
  builders_are_checked(fixture);
  tokens_are_checked(fixture);
  records_are_checked(fixture);
  two_steps_are_checked(fixture);
  feeds_are_checked(fixture);
  clusters_are_checked();
  return verdict_of_test("misuse");
}
