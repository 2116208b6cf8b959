// The row of C++: see run.sh.

#include <boundtoken.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

boundtoken::Verifier verifier_of(const std::string& folder, bool remembers) {
  const auto keys = boundtoken::Keys::from_jwks(read_file(folder + "/jwks.json")).value();
  const auto objects = boundtoken::Objects::in_memory();
  objects.load_json(read_file(folder + "/objects.json")).value();
  boundtoken::VerifierBuilder builder;
  builder.issuer(read_file(folder + "/issuer"), keys, objects).audience(read_file(folder + "/audience"));
  if (!remembers) builder.cached_tokens(0);
  return builder.build().value();
}

std::size_t used(std::string_view subject) { return subject.size() + static_cast<unsigned char>(subject[0]); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const auto verifier = verifier_of(folder, true);
  const auto forgetful = verifier_of(folder, false);
  std::string token = read_file(folder + "/token");
  while (!token.empty() && token.back() == '\n') token.pop_back();
  boundtoken::RecordBuffer buffer;
  volatile std::size_t read = 0;
  std::string name;
  long count = 0;
  while (std::cin >> name >> count) {
    const auto& by = name == "first" ? forgetful : verifier;
    const bool into_record = name == "again-record";
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < count; i++) {
      read = read + (into_record ? used(by.verify_into(token, buffer).subject())
                                 : used(by.verify(token).value().claims().subject()));
    }
    const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
    std::cout << R"({"language": "C++", "case": ")" << name << R"(", "count": )" << count << R"(, "nanoseconds": )"
              << taken.count() << "}" << std::endl;
  }
}
