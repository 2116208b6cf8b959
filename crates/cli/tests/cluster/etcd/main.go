// The etcd of the API server under test. Distributions often carry one that is too old for streamed lists.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
