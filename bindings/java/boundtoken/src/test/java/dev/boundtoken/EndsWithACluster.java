package dev.boundtoken;

import java.nio.file.Path;

/** A program that ends without closing its cluster. The arguments: a kubeconfig, and the status to exit with, if any. */
final class EndsWithACluster {
    public static void main(String[] arguments) throws Exception {
        ClusterOptions options = ClusterOptions.DEFAULT.kubeconfig(Path.of(arguments[0]));
        Cluster cluster = Cluster.connect(options);
        Verifier verifier = Verifier.builder().cluster(cluster).audience("vault").build();
        cluster.onChange(change -> System.out.println(change.change()));
        verifier.decideOnline(Captured.fresh("unknown key"), VerifyOptions.DEFAULT);
        Cluster.connectAsync(options);
        System.out.println("connected");
        if (arguments.length > 1) System.exit(Integer.parseInt(arguments[1]));
    }
}
