// Arrays that somebody else owns.

#ifndef BOUNDTOKEN_VIEWS_HPP
#define BOUNDTOKEN_VIEWS_HPP

#include <boundtoken.h>

#include <cstddef>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

namespace boundtoken {

/// An array that somebody else owns, as C++20's `std::span<const T>`. It takes C arrays, `std::array`, `std::vector` and
/// `std::span`. It takes no temporaries, because it would outlive them.
///
/// ```cpp
/// const std::string_view audiences[] = {"vault", "metrics"};
/// const boundtoken::ArrayView<std::string_view> view = audiences;
/// assert(view.size() == 2 && view[1] == "metrics");
/// ```
template <class T>
class ArrayView {
 public:
  /// An empty array.
  constexpr ArrayView() noexcept = default;
  /// `size` elements from `data` on.
  constexpr ArrayView(const T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  /// The elements of a container that has them in one block.
  template <class Container, class = std::enable_if_t<std::is_convertible_v<
                                 decltype(std::data(std::declval<Container&>())), const T*>>>
  constexpr ArrayView(Container& container) noexcept : data_(std::data(container)), size_(std::size(container)) {}
  template <class Container, class = std::enable_if_t<!std::is_lvalue_reference_v<Container>>>
  ArrayView(const Container&&) = delete;

  constexpr const T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr const T* begin() const noexcept { return data_; }
  constexpr const T* end() const noexcept { return data_ + size_; }
  constexpr const T& operator[](std::size_t index) const noexcept { return data_[index]; }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

inline boundtoken_str lend(std::string_view text) noexcept { return boundtoken_str{text.data(), text.size()}; }

inline std::string_view text_of(boundtoken_str text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}

/// Goes through what a list makes of its elements, by their index.
template <class List>
class IndexIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::decay_t<decltype(std::declval<const List&>()[0])>;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = value_type;

  IndexIterator() noexcept = default;
  IndexIterator(const List& list, std::size_t index) noexcept : list_(list), index_(index) {}

  value_type operator*() const noexcept { return list_[index_]; }
  IndexIterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  IndexIterator operator++(int) noexcept {
    IndexIterator before = *this;
    ++index_;
    return before;
  }
  friend bool operator==(const IndexIterator& left, const IndexIterator& right) noexcept {
    return left.index_ == right.index_;
  }
  friend bool operator!=(const IndexIterator& left, const IndexIterator& right) noexcept {
    return left.index_ != right.index_;
  }

 private:
  List list_{};
  std::size_t index_ = 0;
};

/// What every list has that has a size and an index. The lists are small, and are copied as pointers are.
template <class List>
class Iterable {
 public:
  bool empty() const noexcept { return self().size() == 0; }
  IndexIterator<List> begin() const noexcept { return {self(), 0}; }
  IndexIterator<List> end() const noexcept { return {self(), self().size()}; }

 private:
  const List& self() const noexcept { return static_cast<const List&>(*this); }
};

}  // namespace detail
}  // namespace boundtoken

#endif
