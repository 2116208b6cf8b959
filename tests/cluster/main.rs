//! Following a real cluster: a kube-apiserver with etcd, which `make test-cluster` builds, and what may happen to them.
//!
//! Each test starts both anew, prints what it measured, and is skipped, loudly, where they were not built. With
//! BOUNDTOKEN_CLUSTER_SCALE=full the long forms run: longer outages, more objects.

mod harness;
mod scenarios;
