// Owners of the C library's handles.

#ifndef BOUNDTOKEN_HANDLE_HPP
#define BOUNDTOKEN_HANDLE_HPP

#include <utility>

namespace boundtoken::detail {

/// Owns a handle of the C library. It can be moved, not copied. After a move it has no handle, and so every call with it
/// fails with `Status::null_argument` or gives a neutral value.
template <class T, void (*free)(T*)>
class Unique {
 public:
  Unique() noexcept = default;
  /// Takes over a handle of the C library, for programs that use both.
  explicit Unique(T* handle) noexcept : handle_(handle) {}
  Unique(Unique&& other) noexcept : handle_(other.release()) {}
  Unique& operator=(Unique&& other) noexcept {
    Unique(std::move(other)).swap(*this);
    return *this;
  }
  Unique(const Unique&) = delete;
  Unique& operator=(const Unique&) = delete;
  ~Unique() {
    if (handle_ != nullptr) free(handle_);
  }

  /// The handle of the C library. It stays this object's.
  T* get() const noexcept { return handle_; }
  /// The handle of the C library. The caller frees it.
  [[nodiscard]] T* release() noexcept { return std::exchange(handle_, nullptr); }
  /// Whether there is a handle.
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  void swap(Unique& other) noexcept { std::swap(handle_, other.handle_); }

 private:
  T* handle_ = nullptr;
};

/// Owns a share of a handle, like a `std::shared_ptr`: the last owner frees it. Copies are the same thing for the library.
///
/// Threads: each thread may use and destroy a copy of its own at any time. Any number of threads may call the const
/// members of one copy at once.
template <class T, T* (*retain)(const T*), void (*free)(T*)>
class Shared : public Unique<T, free> {
 public:
  using Unique<T, free>::Unique;
  Shared() noexcept = default;
  Shared(Shared&&) noexcept = default;
  Shared& operator=(Shared&&) noexcept = default;
  Shared(const Shared& other) noexcept : Unique<T, free>(other ? retain(other.get()) : nullptr) {}
  Shared& operator=(const Shared& other) noexcept {
    if (this != &other) *this = Shared(other);
    return *this;
  }
  ~Shared() = default;
};

}  // namespace boundtoken::detail

#endif
