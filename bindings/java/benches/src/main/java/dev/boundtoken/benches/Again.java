package dev.boundtoken.benches;

import dev.boundtoken.VerifiedToken;
import dev.boundtoken.Verdict;
import dev.boundtoken.Verifier;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A token that was accepted before, and what is refused before its signature. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Again {
    private Verifier verifier;
    private String token;
    private String malformed;

    /** Verifies the token once. */
    @Setup
    public void prepare() throws Exception {
        Inputs inputs = new Inputs();
        verifier = inputs.verifier(10_000);
        token = inputs.token;
        malformed = token + "=";
        verifier.verify(token);
    }

    /** With the object that stands for what it says. */
    @Benchmark
    public VerifiedToken token() {
        return verifier.verify(token);
    }

    /** With its subject. */
    @Benchmark
    public String subject() {
        return verifier.verify(token).subject();
    }

    /** A token that is refused. */
    @Benchmark
    public Verdict refused() {
        return verifier.decide(malformed);
    }
}
