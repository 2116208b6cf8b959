// What a call gives: a value, or why there is none.

#ifndef BOUNDTOKEN_RESULT_HPP
#define BOUNDTOKEN_RESULT_HPP

#include <boundtoken/enumerations.hpp>
#include <boundtoken/handle.hpp>
#include <boundtoken/views.hpp>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#if defined(__cpp_exceptions)
#include <exception>
#endif

namespace boundtoken {

/// Why a call failed, or why a token is refused. Immutable. It can be moved, not copied.
///
/// Its texts live as long as it does. None of them ever contains a token.
///
/// ```cpp
/// const auto refused = verifier.verify("x.y");
/// const boundtoken::Error& error = refused.error();
/// assert(error.status() == boundtoken::Status::token_part_count);
/// assert(error.name() == "token_part_count" && error.http_status() == 401);
/// assert(!error.message().empty() && !error.remedy().empty());
/// assert(error.www_authenticate().substr(0, 6) == "Bearer");
/// ```
class Error {
 public:
  /// No error: `Status::ok`.
  Error() noexcept = default;
  /// An error that consists of a status.
  explicit Error(Status status) noexcept : status_(status) {}
  /// Takes over an error of the C library, which may be NULL.
  Error(Status status, boundtoken_error* error) noexcept : status_(status), handle_(error) {}
  /// Takes over an error of the C library.
  explicit Error(boundtoken_error* error) noexcept
      : status_(static_cast<Status>(boundtoken_error_status(error))), handle_(error) {}

  Status status() const noexcept { return status_; }
  /// The stable name of the status, for logs and metrics.
  std::string_view name() const noexcept {
    return detail::text_of(handle_ ? boundtoken_error_name(handle_.get()) : boundtoken_status_name(number()));
  }
  /// What went wrong and what to do about it, in one line. For the log, not for the client.
  std::string_view message() const noexcept {
    return detail::text_of(handle_ ? boundtoken_error_message(handle_.get()) : boundtoken_status_description(number()));
  }
  /// What to do about it, as one phrase. Empty if there is nothing to say.
  std::string_view remedy() const noexcept { return detail::text_of(details().remedy); }
  /// The value of the header `WWW-Authenticate` of an answer that refuses the request (RFC 6750 section 3). Empty if no
  /// token was refused.
  std::string_view www_authenticate() const noexcept {
    return detail::text_of(boundtoken_error_www_authenticate(handle_.get()));
  }
  /// The status of an HTTP answer that refuses the request: 401, 503 if the same token may be accepted soon, and 500 for
  /// mistakes of the program.
  unsigned http_status() const noexcept { return handle_ ? details().http_status : 500; }

 private:
  boundtoken_status number() const noexcept { return static_cast<boundtoken_status>(status_); }
  boundtoken_error_details details() const noexcept {
    boundtoken_error_details details{};
    details.size = sizeof details;
    static_cast<void>(boundtoken_error_get(handle_.get(), &details));
    return details;
  }

  Status status_ = Status::ok;
  detail::Unique<boundtoken_error, boundtoken_error_free> handle_;
};

#if defined(__cpp_exceptions)
/// What `Result::value` throws. It does not exist in programs that are compiled without exceptions.
///
/// ```cpp
/// try {
///   verifier.verify("x.y").value();
///   assert(false);
/// } catch (const boundtoken::Exception& exception) {
///   assert(exception.error().status() == boundtoken::Status::token_part_count);
///   assert(exception.error().message() == exception.what());
/// }
/// ```
class Exception : public std::exception {
 public:
  explicit Exception(Error error) : shared_(std::make_shared<const Content>(std::move(error))) {}
  const Error& error() const noexcept { return shared_->error; }
  const char* what() const noexcept override { return shared_->message.c_str(); }

 private:
  struct Content {
    explicit Content(Error of) : error(std::move(of)), message(error.message()) {}
    Error error;
    std::string message;
  };
  // A copy of an exception must not throw.
  std::shared_ptr<const Content> shared_;
};
#endif

/// A value, or the error that kept it from being there. It must not be ignored.
///
/// Programs with exceptions call `value`, which returns the value or throws an `Exception`. Programs without them test the
/// result first. To take a value that is not there ends the program: it is never taken for an acceptance.
///
/// ```cpp
/// const std::string name(verifier.verify(token).value().claims().username());
///
/// if (const auto who = verifier.verify(token)) {
///   assert(who->claims().username() == name);
/// } else {
///   std::cerr << who.error().message() << '\n';
/// }
/// ```
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept : value_(std::move(value)) {}
  Result(Error error) noexcept : error_(std::move(error)) {}

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return value_.has_value(); }
  /// `Status::ok` if there is a value.
  Status status() const noexcept { return error_.status(); }
  /// The error. Its status is `Status::ok` if there is a value.
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

  T& operator*() & noexcept { return present(); }
  const T& operator*() const& noexcept { return const_cast<Result*>(this)->present(); }
  T&& operator*() && noexcept { return std::move(present()); }
  T* operator->() noexcept { return &present(); }
  const T* operator->() const noexcept { return &**this; }

#if defined(__cpp_exceptions)
  /// The value. Throws an `Exception`, into which the error moves, if there is none.
  T& value() & {
    if (!value_) throw Exception(std::move(error_));
    return *value_;
  }
  T&& value() && { return std::move(value()); }
#endif

 private:
  T& present() noexcept {
    if (!value_) std::abort();
    return *value_;
  }

  std::optional<T> value_;
  Error error_;
};

/// The outcome of a call that gives nothing but success.
///
/// ```cpp
/// assert(keys.replace_jwks(jwks));
/// assert(keys.replace_jwks("no JSON").status() == boundtoken::Status::jwks_unreadable);
/// ```
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept = default;
  Result(Error error) noexcept : error_(std::move(error)) {}

  bool has_value() const noexcept { return error_.status() == Status::ok; }
  explicit operator bool() const noexcept { return has_value(); }
  Status status() const noexcept { return error_.status(); }
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

#if defined(__cpp_exceptions)
  /// Throws an `Exception`, into which the error moves, unless the call succeeded.
  void value() {
    if (!has_value()) throw Exception(std::move(error_));
  }
#endif

 private:
  Error error_;
};

namespace detail {

/// Calls a function of the C library that makes a handle, and owns it.
template <class Value, class Raw, class Call>
Result<Value> made(Call call) noexcept {
  Raw* handle = nullptr;
  boundtoken_error* error = nullptr;
  const auto status = static_cast<Status>(call(&handle, &error));
  if (status != Status::ok) return Error(status, error);
  return Value(handle);
}

/// Calls a function of the C library that gives nothing but success.
template <class Call>
Result<void> done(Call call) noexcept {
  boundtoken_error* error = nullptr;
  const auto status = static_cast<Status>(call(&error));
  return Error(status, error);
}

}  // namespace detail
}  // namespace boundtoken

#endif
