package cluster

import (
	"io"
	"maps"
	"slices"
	"time"

	"boundtoken.dev/go/internal/exposition"
)

// WritePrometheus writes what is known of clusters in the text format of Prometheus, for a handler of /metrics, next to
// [boundtoken.Statistics.WritePrometheus]. The clusters are by a label of yours for their issuer. The names are those of the other
// languages of boundtoken:
//
//	boundtoken_cluster_stale                  1 if tokens are refused because news of the cluster is missing
//	boundtoken_cluster_keys_age_seconds       time since the keys were last loaded
//	boundtoken_cluster_objects                objects that a watch knows
//	boundtoken_cluster_watch_age_seconds      time since a watch last heard of its cluster
//	boundtoken_cluster_watch_restarts_total   how often a watch began anew
//
// The labels are issuer and, for a watch, kind and namespace, which is empty for the whole cluster.
func WritePrometheus(w io.Writer, clusters map[string]*Cluster) error {
	var text exposition.Text
	labels := slices.Sorted(maps.Keys(clusters))
	watches := make(map[string][]WatchStatus, len(clusters))
	for label, cluster := range clusters {
		watches[label] = cluster.Watches()
	}
	ofClusters := func(value func(*Cluster) float64) {
		for _, label := range labels {
			text.Value(value(clusters[label]), "issuer", label)
		}
	}
	ofWatches := func(value func(WatchStatus) float64) {
		for _, label := range labels {
			for _, watch := range watches[label] {
				text.Value(value(watch), "issuer", label, "kind", watch.Scope.Kind.String(), "namespace", watch.Scope.Namespace)
			}
		}
	}
	text.Gauge("boundtoken_cluster_stale", "1 if tokens are refused because news of the cluster is missing")
	ofClusters(func(cluster *Cluster) float64 {
		if cluster.IsStale() {
			return 1
		}
		return 0
	})
	text.Gauge("boundtoken_cluster_keys_age_seconds", "time since the keys were last loaded")
	ofClusters(func(cluster *Cluster) float64 {
		loadedAt, _ := cluster.KeyStatus()
		return max(time.Since(loadedAt).Seconds(), 0)
	})
	text.Gauge("boundtoken_cluster_objects", "objects that a watch knows")
	ofWatches(func(watch WatchStatus) float64 { return float64(watch.Objects) })
	text.Gauge("boundtoken_cluster_watch_age_seconds", "time since a watch last heard of its cluster")
	ofWatches(func(watch WatchStatus) float64 { return max(watch.Age.Seconds(), 0) })
	text.Counter("boundtoken_cluster_watch_restarts_total", "how often a watch began anew")
	ofWatches(func(watch WatchStatus) float64 { return float64(watch.Restarts) })
	_, err := text.WriteTo(w)
	return err
}
