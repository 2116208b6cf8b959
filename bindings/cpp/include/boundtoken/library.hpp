// The library itself: its versions, its names of statuses, its log.

#ifndef BOUNDTOKEN_LIBRARY_HPP
#define BOUNDTOKEN_LIBRARY_HPP

#include <boundtoken/callback.hpp>
#include <boundtoken/result.hpp>

#include <string_view>
#include <utility>

namespace boundtoken {

/// The version of the loaded library. `BOUNDTOKEN_VERSION_STRING` is that of the header the program was compiled with.
///
/// ```cpp
/// assert(boundtoken::version() == BOUNDTOKEN_VERSION_STRING);
/// ```
inline std::string_view version() noexcept { return detail::text_of(boundtoken_version()); }

/// What the library was built of, as a JSON object, for logs and reports of faults: see boundtoken_build_info.
///
/// ```cpp
/// assert(boundtoken::build_info().find(R"("cryptography":)") != std::string_view::npos);
/// ```
inline std::string_view build_info() noexcept { return detail::text_of(boundtoken_build_info()); }

/// The stable name of a status, for logs and metrics. `unknown` if this version does not know it.
///
/// ```cpp
/// assert(boundtoken::name(boundtoken::Status::pod_not_found) == "pod_not_found");
/// ```
inline std::string_view name(Status status) noexcept {
  return detail::text_of(boundtoken_status_name(static_cast<boundtoken_status>(status)));
}

/// What a status means, as one phrase. The message of an error says more.
///
/// ```cpp
/// assert(boundtoken::description(boundtoken::Status::expired) == "the token has expired");
/// ```
inline std::string_view description(Status status) noexcept {
  return detail::text_of(boundtoken_status_description(static_cast<boundtoken_status>(status)));
}

/// A line of the log. Its texts are lent.
struct LogLine {
  LogLevel level = LogLevel::none;
  /// The part of the library that writes it, such as `boundtoken_kubernetes::watching`.
  std::string_view target;
  /// What happened, for people. It never contains a token.
  std::string_view message;
};

namespace detail {

/// A boundtoken_log_callback.
template <class Function>
void tell_log(void* userdata, const boundtoken_log_line* line) noexcept {
  guarded([&] {
    Userdata<Function>::of(userdata)(
        LogLine{static_cast<LogLevel>(line->level), text_of(line->target), text_of(line->message)});
  });
}

inline Result<void> set_log(boundtoken_log_callback callback, LogLevel level, void* userdata,
                            boundtoken_userdata_free free) noexcept {
  return done([&](boundtoken_error** error) noexcept {
    return boundtoken_set_log(callback, static_cast<boundtoken_log_level>(level), userdata, free, error);
  });
}

}  // namespace detail

/// Sets the function that receives what the library logs: lost and new connections of clusters, and faults of the fast path. A
/// process has one log. It replaces the function before, which is destroyed after its last call has returned.
///
/// `level`: the least important level that is logged. `function`: takes a `const LogLine&`, whose texts live until it returns. It
/// may be called from several threads at once. It must return soon, and must not call the library. What it throws is ignored.
///
/// `Status::unknown_value`: the level is none of the levels. `Status::not_built_in`: this library logs nothing.
///
/// ```cpp
/// boundtoken::set_log(boundtoken::LogLevel::warn, [](const boundtoken::LogLine& line) {
///   std::clog << line.target << ": " << line.message << '\n';
/// }).value();
/// boundtoken::remove_log().value();
/// ```
template <class Function>
Result<void> set_log(LogLevel level, Function function) {
  using Kept = detail::Userdata<Function>;
  Kept kept(std::move(function));
  auto outcome = detail::set_log(detail::tell_log<Function>, level, kept.get(), Kept::free);
  if (outcome) kept.give_away();
  return outcome;
}

/// Removes the function that receives the log. From then on nothing is logged.
inline Result<void> remove_log() noexcept { return detail::set_log(nullptr, LogLevel::none, nullptr, nullptr); }

}  // namespace boundtoken

#endif
