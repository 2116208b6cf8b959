// A verdict in one buffer.

#ifndef BOUNDTOKEN_RECORD_HPP
#define BOUNDTOKEN_RECORD_HPP

#include <boundtoken/facts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

namespace boundtoken {

/// A verdict on a token, in a buffer: see `Verifier::verify_into`. It has the members of `TokenFacts`, which are empty unless
/// the token is accepted.
///
/// ```cpp
/// boundtoken::RecordBuffer buffer;
/// boundtoken::Record record = verifier.verify_into(token, buffer);
/// assert(record && record.status() == boundtoken::Status::ok && record.http_status() == 200);
/// assert(record.username() == "system:serviceaccount:demo:app" && record.pod()->name == "app-0");
/// assert(record.bound_objects().size() == 2 && record.claims_id() != 0);
/// assert(record.credential_id().substr(0, 4) == "JTI=" && record.attestations().empty());
///
/// record = verifier.verify_into("x.y", buffer);
/// assert(!record && record.is_decided() && record.name() == "token_part_count" && record.http_status() == 401);
/// assert(!record.message().empty() && !record.www_authenticate().empty() && record.username().empty());
/// ```
class Record : public TokenFacts<Record> {
 public:
  /// Reads what a function of the C library wrote into a buffer, for programs that use both. `status`: what it returned.
  Record(Status status, const void* buffer, std::size_t capacity) noexcept
      : Record(status, detail::RecordBytes(static_cast<const unsigned char*>(buffer), capacity)) {}

  /// Whether the token is accepted.
  explicit operator bool() const noexcept { return status_ == Status::ok; }
  /// `Status::ok` accepts the token. From 101 on it is the reason to refuse it.
  Status status() const noexcept { return status_; }
  /// Whether there is a verdict: not for `Status::not_cached` and `Status::still_asking`.
  bool is_decided() const noexcept { return status_ != Status::not_cached && status_ != Status::still_asking; }

  /// The status of an HTTP answer: 200, 401, 503 if the same token may be accepted soon, and 500 for mistakes of the program.
  unsigned http_status() const noexcept {
    return record_.number<std::uint32_t>(offsetof(boundtoken_record, http_status));
  }
  /// The stable name of the status, for logs and metrics. Empty if the token is accepted.
  std::string_view name() const noexcept { return record_.text(offsetof(boundtoken_record, name)); }
  /// What was wrong, and what to do. For the log, not for the client. Empty if the token is accepted.
  std::string_view message() const noexcept { return record_.text(offsetof(boundtoken_record, message)); }
  /// The value of the header `WWW-Authenticate` of an answer that refuses the request. Empty if the token is accepted.
  std::string_view www_authenticate() const noexcept {
    return record_.text(offsetof(boundtoken_record, www_authenticate));
  }
  /// A number that stands for the claims, for programs that keep an object of their own for them. 0 if the verifier does not
  /// remember the token. Two records of this process with the same number have the same claims; `confirmed` and the matched
  /// audiences can differ.
  std::uint64_t claims_id() const noexcept { return accepted_.number<std::uint64_t>(offsetof(boundtoken_record, claims_id)); }
  /// The credential id: `JTI=` and the `jti`. Empty if there is none.
  std::string_view credential_id() const noexcept { return accepted_.text(offsetof(boundtoken_record, credential_id)); }
  /// The objects that must exist, in the order in which they are judged.
  BoundObjectList bound_objects() const noexcept { return at<BoundObjectList>(offsetof(boundtoken_record, bound_objects)); }
  /// All attestations of the token.
  AttestationList attestations() const noexcept { return at<AttestationList>(offsetof(boundtoken_record, attestations)); }

 private:
  friend class TokenFacts<Record>;

  Record(Status status, detail::RecordBytes bytes) noexcept : status_(status) {
    const bool is_known = bytes.number<std::uint32_t>(offsetof(boundtoken_record, version)) == 1;
    if (is_known) record_ = bytes;
    if (status != Status::ok) return;
    accepted_ = record_;
    // What cannot be read accepts no token.
    if (!is_known) status_ = Status::panic;
  }

  template <class Number>
  Number number(detail::Fact fact) const noexcept {
    return accepted_.number<Number>(fact.in_record);
  }
  std::string_view text(detail::Fact fact) const noexcept { return accepted_.text(fact.in_record); }
  template <class List>
  List list(detail::Fact fact) const noexcept {
    return at<List>(fact.in_record);
  }
  template <class List>
  List at(std::size_t offset) const noexcept {
    return List(detail::RecordArray::at(accepted_, offset));
  }

  Status status_;
  detail::RecordBytes record_;
  // The same bytes if the token is accepted, and none if not.
  detail::RecordBytes accepted_;
};

/// The memory for one record after another. It has room for the record of nearly every token, and takes more memory when a
/// record is larger. Make one for each thread: on the stack, in a pool, or `thread_local`.
///
/// ```cpp
/// thread_local boundtoken::RecordBuffer buffer;
/// assert(verifier.verify_into(token, buffer));
/// ```
class RecordBuffer {
 public:
  // The memory is not set to zeros, which would cost more than many a verdict.
  RecordBuffer() noexcept {}  // NOLINT(modernize-use-equals-default,cppcoreguidelines-pro-type-member-init)
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;
  ~RecordBuffer() = default;

  /// Calls a function of the C library that writes a record, and again if the buffer was too small. For programs that use
  /// both: it takes `void* buffer, size_t capacity, size_t* needed`, and returns a status.
  ///
  /// ```cpp
  /// boundtoken::RecordBuffer buffer;
  /// const boundtoken::Record record = buffer.write([&](void* bytes, std::size_t capacity, std::size_t* needed) {
  ///   return boundtoken_verify_into(verifier.get(), token.data(), token.size(), nullptr, bytes, capacity, needed);
  /// });
  /// assert(record);
  /// ```
  template <class Call>
  Record write(Call call) noexcept {
    std::size_t needed = 0;
    auto status = static_cast<Status>(call(data(), capacity_, &needed));
    while (status == Status::buffer_too_small && grow(needed)) {
      status = static_cast<Status>(call(data(), capacity_, &needed));
    }
    return {status, data(), capacity_};
  }

 private:
  static constexpr std::size_t usual = 2048;

  void* data() noexcept { return larger_ ? static_cast<void*>(larger_.get()) : static_cast<void*>(own_); }
  bool grow(std::size_t needed) noexcept {
    const std::size_t words = std::max(needed, 2 * capacity_) / 8 + 1;
    larger_.reset(new (std::nothrow) std::uint64_t[words]);
    capacity_ = larger_ ? 8 * words : usual;
    return static_cast<bool>(larger_);
  }

  std::uint64_t own_[usual / 8];
  std::unique_ptr<std::uint64_t[]> larger_;
  std::size_t capacity_ = usual;
};

/// The memory for the records of many tokens: see `Verifier::verify_batch`. It can be used again and again.
///
/// ```cpp
/// boundtoken::RecordBatch batch;
/// const std::string_view tokens[] = {token, "x.y", token};
/// verifier.verify_batch(tokens, 2, batch).value();
/// assert(batch.size() == 3 && batch[0] && !batch[1] && batch[2].pod()->name == "app-0");
/// ```
class RecordBatch {
 public:
  /// `stride`: the room for one record, in bytes, a multiple of 8. 2,048 hold the record of nearly every token. A larger one is
  /// refused with `Status::buffer_too_small`.
  explicit RecordBatch(std::size_t stride = 2048) noexcept : stride_(stride) {}

  /// The number of records.
  std::size_t size() const noexcept { return size_; }
  /// The record of a token, in the order of the tokens.
  Record operator[](std::size_t index) const noexcept {
    const unsigned char* record = reinterpret_cast<const unsigned char*>(bytes_.get()) + index * stride_;
    const detail::RecordBytes bytes(record, stride_);
    return {static_cast<Status>(bytes.number<std::uint32_t>(offsetof(boundtoken_record, status))), record, stride_};
  }

 private:
  friend class Verifier;

  /// Makes room for so many records, of which there are none yet.
  bool reserve(std::size_t count) noexcept {
    size_ = 0;
    if (count <= room_) return true;
    room_ = 0;
    if (stride_ > 0 && count > PTRDIFF_MAX / stride_) return false;
    bytes_.reset(new (std::nothrow) std::uint64_t[count * stride_ / 8 + 1]);
    if (bytes_) room_ = count;
    return static_cast<bool>(bytes_);
  }

  std::size_t stride_;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
  std::unique_ptr<std::uint64_t[]> bytes_;
};

}  // namespace boundtoken

#endif
