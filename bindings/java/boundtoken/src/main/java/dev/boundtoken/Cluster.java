package dev.boundtoken;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * A connection to a Kubernetes cluster, whose keys and objects a thread of the native library keeps current. Verifiers built
 * from it share what it knows.
 */
public final class Cluster extends Owner {
    private final String issuer;
    private final String label;

    private Cluster(MemorySegment address, String label) {
        super(Handle.of(address, Functions::clusterFree, "cluster"));
        this.issuer = status().issuer();
        this.label = label;
    }

    /**
     * Connects, and waits until keys and objects are known. A thread that is interrupted gives up.
     *
     * @param options which cluster, and what to follow
     * @return the connection
     * @throws ClusterException if the cluster cannot be followed; the message says which step failed and what to do
     * @throws InterruptedException if the thread was interrupted
     */
    public static Cluster connect(ClusterOptions options) throws InterruptedException {
        CompletableFuture<Cluster> connecting = connectAsync(options);
        try {
            return connecting.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof BoundtokenException exception) {
                // It was made by another thread, whose stack trace says nothing.
                exception.fillInStackTrace();
                throw exception;
            }
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException | CancellationException interruption) {
            connecting.cancel(true);
            throw interruption;
        }
    }

    /**
     * Begins to connect. No thread waits. To cancel the future gives the connection up.
     *
     * @param options which cluster, and what to follow
     * @return the connection, or a {@link ClusterException}
     * @throws ClusterException if the options cannot be used
     */
    public static CompletableFuture<Cluster> connectAsync(ClusterOptions options) {
        Waiting<Cluster> connecting = new Waiting<>() {
            @Override
            Cluster finish(MemorySegment address, boolean atOnce) {
                if (Functions.connectingIsReady(address) == 0) return null;
                return new Cluster(
                        Calls.make((arena, cluster, error) -> Functions.connectingFinish(address, cluster, error)),
                        options.label);
            }

            @Override
            void giveBack(Cluster late) {
                late.close();
            }
        };
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment configuration = Texts.bytes(arena, options.json());
            return connecting.begin(
                    (callback, userdata, free, made, error) -> Functions.connectingStart(
                            configuration, configuration.byteSize(), callback, userdata, free, made, error),
                    Functions::connectingFree,
                    "connection");
        }
    }

    /**
     * The name of the cluster's issuer.
     *
     * @return what it writes into {@code iss}
     */
    public String issuer() {
        return issuer;
    }

    /**
     * The label of the cluster, which accepted tokens repeat.
     *
     * @return your own name for it, or the name of its issuer
     */
    public String label() {
        return label == null ? issuer : label;
    }

    /**
     * Whether verifiers refuse tokens because what is known is outdated. Meant for {@code /readyz}.
     *
     * @return true once it is closed, too
     */
    public boolean isStale() {
        try {
            return using(Functions::clusterIsStale) != 0;
        } catch (IllegalStateException closed) {
            return true;
        }
    }

    /**
     * What is known and how current it is, for logs and metrics. It takes longer the more objects there are.
     *
     * @return the state at this moment
     * @throws IllegalStateException if the cluster was closed
     */
    public ClusterStatus status() {
        return using(cluster -> {
            MemorySegment report = Calls.make((arena, made, error) -> Functions.clusterStatus(cluster, made, error));
            try (Arena arena = Arena.ofConfined()) {
                return ClusterStatus.read(Texts.read(Functions.clusterReportJson(arena, report), 0));
            } finally {
                Functions.clusterReportFree(report);
            }
        });
    }

    /**
     * Tells a listener what changes from now on, for logs and alarms. It replaces the one before. Verifiers need no help to
     * notice a change.
     *
     * @param listener called by the cluster's own thread, one change at a time; it must return soon, because nothing is
     *     updated meanwhile; what it throws is logged
     * @throws IllegalStateException if the cluster was closed
     */
    public void onChange(Consumer<ClusterChange> listener) {
        run(cluster -> Callbacks.keeping(listener, userdata -> {
            Calls.run((arena, error) ->
                    Functions.clusterOnChange(cluster, Callbacks.CHANGE, userdata, Callbacks.FREE, error));
            return null;
        }));
    }

    /**
     * Ends the connection, and waits for its thread, unless a call is running or this is its listener. Verifiers refuse the
     * cluster's tokens as soon as what is known is outdated. A second call does nothing.
     */
    @Override
    public void close() {
        super.close();
    }

    @Override
    public String toString() {
        return "Cluster[" + label() + (isStale() ? ", stale]" : "]");
    }

    /** Makes a verifier accept the cluster's tokens. */
    void addTo(MemorySegment builder, Arena arena) {
        run(cluster -> Functions.verifierBuilderCluster(builder, cluster));
        if (label != null) Functions.verifierBuilderIssuerLabel(builder, Texts.lend(arena, label));
    }
}
