// Lists that an accepted token lends.

#ifndef BOUNDTOKEN_LISTS_HPP
#define BOUNDTOKEN_LISTS_HPP

#include <boundtoken/objects.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace boundtoken {

/// An object that a token is bound to, with the uid of the very object that the token was issued for.
struct BoundObject {
  ObjectReference reference;
  std::string_view uid;
};

/// A key of the user's `extra`, with one value. A key with several values occurs several times.
struct Extra {
  std::string_view key;
  std::string_view value;
};

namespace detail {

/// The bytes of a record. Its numbers are little-endian.
class RecordBytes {
 public:
  RecordBytes() noexcept = default;
  RecordBytes(const unsigned char* bytes, std::size_t size) noexcept : bytes_(bytes), size_(size) {}

  /// A number at an offset. 0 beyond the end.
  template <class Number>
  Number number(std::size_t offset) const noexcept {
    if (offset + sizeof(Number) > size_) return 0;
    Number value = 0;
    std::memcpy(&value, bytes_ + offset, sizeof value);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    auto* const first = reinterpret_cast<unsigned char*>(&value);
    std::reverse(first, first + sizeof value);
#endif
    return value;
  }
  /// The text whose place stands at an offset. An absent text has no data.
  std::string_view text(std::size_t offset) const noexcept {
    const std::size_t at = number<std::uint32_t>(offset), length = number<std::uint32_t>(offset + 4);
    if (at == 0 || at > size_ || length > size_ - at) return {};
    return {reinterpret_cast<const char*>(bytes_) + at, length};
  }

 private:
  const unsigned char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

/// Where an array stands in a record.
struct RecordArray {
  RecordBytes record;
  std::size_t offset = 0;
  std::size_t count = 0;

  static RecordArray at(RecordBytes record, std::size_t offset) noexcept {
    return {record, record.number<std::uint32_t>(offset), record.number<std::uint32_t>(offset + 4)};
  }
};

}  // namespace detail

/// Texts that an accepted token lends.
///
/// ```cpp
/// const boundtoken::Verified who = verifier.verify(token).value();
/// const boundtoken::TextList groups = who.claims().groups();
/// assert(groups.size() == 3 && groups[0] == "system:serviceaccounts");
/// for (std::string_view group : groups) assert(group.substr(0, 7) == "system:");
/// ```
class TextList : public detail::Iterable<TextList> {
 public:
  TextList() noexcept = default;
  TextList(const boundtoken_str* texts, std::size_t size) noexcept : texts_(texts), array_{{}, 0, size} {}
  explicit TextList(detail::RecordArray array) noexcept : array_(array) {}

  std::size_t size() const noexcept { return array_.count; }
  std::string_view operator[](std::size_t index) const noexcept {
    return texts_ != nullptr ? detail::text_of(texts_[index]) : array_.record.text(array_.offset + 8 * index);
  }

 private:
  const boundtoken_str* texts_ = nullptr;
  detail::RecordArray array_;
};

/// The user's `extra`, ordered by key.
///
/// ```cpp
/// const boundtoken::Verified who = verifier.verify(token).value();
/// for (const boundtoken::Extra extra : who.claims().extra()) {
///   if (extra.key == "authentication.kubernetes.io/pod-name") assert(extra.value == "app-0");
/// }
/// ```
class ExtraList : public detail::Iterable<ExtraList> {
 public:
  ExtraList() noexcept = default;
  ExtraList(const boundtoken_extra* pairs, std::size_t size) noexcept : pairs_(pairs), array_{{}, 0, size} {}
  explicit ExtraList(detail::RecordArray array) noexcept : array_(array) {}

  std::size_t size() const noexcept { return array_.count; }
  Extra operator[](std::size_t index) const noexcept {
    if (pairs_ != nullptr) return {detail::text_of(pairs_[index].key), detail::text_of(pairs_[index].value)};
    const std::size_t at = array_.offset + 16 * index;
    return {array_.record.text(at), array_.record.text(at + 8)};
  }

 private:
  const boundtoken_extra* pairs_ = nullptr;
  detail::RecordArray array_;
};

/// The objects that a token is bound to, in the order in which they are judged.
///
/// ```cpp
/// const boundtoken::Checked checked = verifier.check(token).value();
/// const boundtoken::BoundObjectList objects = checked.objects();
/// assert(objects[0].reference.kind == boundtoken::ObjectKind::service_account && objects[1].reference.object_name == "app-0");
/// ```
class BoundObjectList : public detail::Iterable<BoundObjectList> {
 public:
  BoundObjectList() noexcept = default;
  BoundObjectList(const boundtoken_bound_object* objects, std::size_t size) noexcept
      : objects_(objects), array_{{}, 0, size} {}
  explicit BoundObjectList(detail::RecordArray array) noexcept : array_(array) {}

  std::size_t size() const noexcept { return array_.count; }
  BoundObject operator[](std::size_t index) const noexcept {
    if (objects_ != nullptr) {
      const boundtoken_bound_object& object = objects_[index];
      return {{static_cast<ObjectKind>(object.kind), detail::text_of(object.object_namespace),
               detail::text_of(object.object_name)},
              detail::text_of(object.uid)};
    }
    const std::size_t at = array_.offset + sizeof(boundtoken_record_object) * index;
    const auto text = [&](std::size_t member) { return array_.record.text(at + member); };
    return {{static_cast<ObjectKind>(array_.record.number<std::uint32_t>(at)),
             text(offsetof(boundtoken_record_object, object_namespace)), text(offsetof(boundtoken_record_object, name))},
            text(offsetof(boundtoken_record_object, uid))};
  }

 private:
  const boundtoken_bound_object* objects_ = nullptr;
  detail::RecordArray array_;
};

/// A name, and the values that are attested under it.
struct Attestation {
  std::string_view name;
  TextList values;
};

/// The attestations of a token (KEP-6060).
class AttestationList : public detail::Iterable<AttestationList> {
 public:
  AttestationList() noexcept = default;
  explicit AttestationList(detail::RecordArray array) noexcept : array_(array) {}

  std::size_t size() const noexcept { return array_.count; }
  Attestation operator[](std::size_t index) const noexcept {
    const std::size_t at = array_.offset + sizeof(boundtoken_record_attestation) * index;
    return {array_.record.text(at), TextList(detail::RecordArray::at(array_.record, at + 8))};
  }

 private:
  detail::RecordArray array_;
};

}  // namespace boundtoken

#endif
