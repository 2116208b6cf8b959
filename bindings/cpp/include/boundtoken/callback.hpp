// Functions of the program that the C library calls.

#ifndef BOUNDTOKEN_CALLBACK_HPP
#define BOUNDTOKEN_CALLBACK_HPP

#include <memory>
#include <type_traits>
#include <utility>

namespace boundtoken::detail {

/// Calls a function of the program. What it throws ends here, and the answer is then `otherwise`: no exception crosses the C
/// library.
template <class Answer, class Call>
Answer guarded(Answer otherwise, Call&& call) noexcept {
#if defined(__cpp_exceptions)
  try {
    return call();
  } catch (...) {
    return otherwise;
  }
#else
  static_cast<void>(otherwise);
  return call();
#endif
}

template <class Call>
void guarded(Call&& call) noexcept {
  guarded(0, [&] {
    call();
    return 0;
  });
}

/// Keeps a function of the program for as long as the C library may call it. The C library gets its address as `userdata`.
template <class Function>
class Userdata {
 public:
  explicit Userdata(Function function) : function_(std::make_unique<Function>(std::move(function))) {}

  void* get() const noexcept { return function_.get(); }
  /// The C library has taken it over, and frees it by `free`.
  void give_away() noexcept { static_cast<void>(function_.release()); }

  static Function& of(void* userdata) noexcept { return *static_cast<Function*>(userdata); }
  static void free(void* userdata) noexcept { delete static_cast<Function*>(userdata); }
  /// A boundtoken_done_callback.
  static void done(void* userdata) noexcept {
    guarded([&] { of(userdata)(); });
  }

 private:
  std::unique_ptr<Function> function_;
};

}  // namespace boundtoken::detail

#endif
