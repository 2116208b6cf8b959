// boundtoken for C++17: verifies Kubernetes bound service-account tokens inside the service that receives them.
//
//     const auto cluster = boundtoken::Cluster::connect().value();
//     const auto verifier = boundtoken::VerifierBuilder().cluster(cluster).audience("vault").build().value();
//
//     if (const auto who = verifier.verify(token)) {
//       std::cout << who->claims().username() << '\n';
//     } else {
//       std::cerr << who.error().message() << '\n';
//     }
//
// Everything stands in headers. A program links the C library alone, whose header boundtoken.h is the manual of what happens
// behind each call. Conventions:
//
// - Errors. A call that can fail gives a Result: test it, or call value(), which throws. Programs that are compiled without
//   exceptions have no value(). Only memory that runs out makes a call throw by itself.
// - Handles. Verifier, Keys, Objects, Cluster and Verified are shared: copies are cheap and mean the same thing. All other owners
//   can be moved only. After a move a handle is empty: a call with it fails with Status::null_argument, or gives a neutral value.
// - Lent texts. A std::string_view that comes from a handle lives as long as the handle, or as long as its documentation says.
// - Threads. Any number of threads may call the const members of one handle at the same time. VerifierBuilder and ClusterChanges are
//   for one thread at a time. Two threads that assign to one handle need a lock, as with a std::shared_ptr: give each its copy.
// - Functions of the program may throw where the library calls them. The exception ends there: an object counts as unavailable then,
//   and everything else that is thrown is ignored.

#ifndef BOUNDTOKEN_HPP
#define BOUNDTOKEN_HPP

#include <boundtoken/builder.hpp>
#include <boundtoken/cluster.hpp>
#include <boundtoken/keys.hpp>
#include <boundtoken/library.hpp>
#include <boundtoken/objects.hpp>
#include <boundtoken/verifier.hpp>

#endif
