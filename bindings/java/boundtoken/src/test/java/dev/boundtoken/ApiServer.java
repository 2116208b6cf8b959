package dev.boundtoken;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A running API server, as its administrator sees it: the development server, which stands in for a cluster, or a real one. */
public final class ApiServer implements AutoCloseable {
    public final Path kubeconfig;
    final String url;
    private final String admin;
    private final HttpClient client;
    private final List<Process> processes;

    private ApiServer(Path kubeconfig, String url, String admin, byte[] authority, List<Process> processes) throws Exception {
        this.kubeconfig = kubeconfig;
        this.url = url;
        this.admin = admin;
        this.processes = processes;
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        int number = 0;
        for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(authority))) {
            trusted.setCertificateEntry("authority " + number++, certificate);
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, managers.getTrustManagers(), null);
        this.client = HttpClient.newBuilder().sslContext(tls).build();
    }

    /** A development server with the service account demo/app. */
    public static ApiServer development() throws Exception {
        String program = System.getProperty("boundtoken.program");
        if (program == null) return Repository.notTested("clusters in Java", "run make test-java");
        Path folder = Files.createTempDirectory("boundtoken-test");
        Path kubeconfig = folder.resolve("kubeconfig");
        Process process = new ProcessBuilder(
                        program, "dev-server", "--quiet", "-o", "json", "--port", "0", "--kubeconfig", kubeconfig.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        ApiServer server = new ApiServer(
                kubeconfig,
                member(kubeconfig, "server"),
                member(kubeconfig, "token"),
                Base64.getDecoder().decode(member(kubeconfig, "certificate-authority-data")),
                List.of(process));
        server.createAccount();
        return server;
    }

    private static String member(Path kubeconfig, String name) throws IOException {
        for (String line : Files.readAllLines(kubeconfig)) {
            if (line.strip().startsWith(name + ": ")) return line.strip().substring(name.length() + 2);
        }
        throw new AssertionError("the kubeconfig has no " + name);
    }

    /** A kube-apiserver with its etcd, of a folder that `make test-cluster` fills, with the service account demo/app. */
    static ApiServer real(Path programs) throws Exception {
        Path folder = Files.createTempDirectory("boundtoken-test");
        int[] ports = freePorts(3);
        String clients = "http://127.0.0.1:" + ports[0];
        String peers = "http://127.0.0.1:" + ports[1];
        List<Process> processes = new ArrayList<>();
        try {
            processes.add(start(folder, programs, "etcd", "--name=test", "--unsafe-no-fsync", "--data-dir=" + folder.resolve("etcd"),
                    "--listen-client-urls=" + clients, "--advertise-client-urls=" + clients, "--listen-peer-urls=" + peers,
                    "--initial-advertise-peer-urls=" + peers, "--initial-cluster=test=" + peers));
            Files.writeString(folder.resolve("tokens.csv"), "admin-token,admin,admin,system:masters\n");
            Path key = folder.resolve("key.pem");
            new ProcessBuilder("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key.toString())
                    .inheritIO().start().waitFor();
            processes.add(start(folder, programs, "kube-apiserver", "--etcd-servers=" + clients, "--bind-address=127.0.0.1",
                    "--advertise-address=127.0.0.1", "--secure-port=" + ports[2], "--cert-dir=" + folder.resolve("certificates"),
                    "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
                    "--service-account-signing-key-file=" + key, "--service-account-key-file=" + key,
                    "--service-account-issuer=" + Captured.ISSUER, "--api-audiences=" + Captured.ISSUER,
                    "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount",
                    "--token-auth-file=" + folder.resolve("tokens.csv")));
            String url = "https://127.0.0.1:" + ports[2];
            ApiServer server = ready(folder, url, processes);
            server.createAccount();
            return server;
        } catch (Throwable failure) {
            stop(processes);
            throw failure;
        }
    }

    private static ApiServer ready(Path folder, String url, List<Process> processes) throws Exception {
        Path authority = folder.resolve("certificates/apiserver.crt");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (System.nanoTime() < end) {
            Thread.sleep(100);
            if (!Files.exists(authority)) continue;
            byte[] certificates = Files.readAllBytes(authority);
            try {
                ApiServer server = new ApiServer(folder.resolve("kubeconfig"), url, "admin-token", certificates, processes);
                if (server.send("GET", "/readyz", null).statusCode() != 200) continue;
                String data = Base64.getEncoder().encodeToString(certificates);
                Files.writeString(server.kubeconfig, """
                        {"apiVersion": "v1", "kind": "Config", "current-context": "test",
                         "clusters": [{"name": "test", "cluster": {"server": "%s", "certificate-authority-data": "%s"}}],
                         "users": [{"name": "test", "user": {"token": "admin-token"}}],
                         "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}
                        """.formatted(url, data));
                return server;
            } catch (IOException | java.security.cert.CertificateException notYet) {
                continue;
            }
        }
        throw new AssertionError(Files.readString(folder.resolve("kube-apiserver.log")));
    }

    private static Process start(Path folder, Path programs, String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
        command.addAll(List.of(arguments));
        File log = folder.resolve(program + ".log").toFile();
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    }

    private static int[] freePorts(int count) throws IOException {
        int[] ports = new int[count];
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(new ServerSocket(0));
            ports[i] = sockets.getLast().getLocalPort();
        }
        for (ServerSocket socket : sockets) socket.close();
        return ports;
    }

    private HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Bearer " + admin)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private Map<String, Object> call(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(method, path, body);
        if (answer.statusCode() >= 300) throw new AssertionError(method + " " + path + ": " + answer.body());
        return Json.object(answer.body());
    }

    private void createAccount() throws IOException, InterruptedException {
        call("POST", "/api/v1/namespaces", "{\"metadata\": {\"name\": \"demo\"}}");
        call("POST", "/api/v1/namespaces/demo/serviceaccounts", "{\"metadata\": {\"name\": \"app\"}}");
    }

    public void createPod(String name) throws IOException, InterruptedException {
        call("POST", "/api/v1/namespaces/demo/pods", """
                {"metadata": {"name": "%s"}, "spec": {"serviceAccountName": "app",
                 "containers": [{"name": "app", "image": "registry.example.com/app"}]}}
                """.formatted(name));
    }

    public void deletePod(String name) throws IOException, InterruptedException {
        call("DELETE", "/api/v1/namespaces/demo/pods/" + name + "?gracePeriodSeconds=0", null);
    }

    /** A new token for `vault`, bound to the pod. */
    public String token(String pod) throws IOException, InterruptedException {
        Map<String, Object> answer = call("POST", "/api/v1/namespaces/demo/serviceaccounts/app/token", """
                {"spec": {"audiences": ["vault"], "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "%s"}}}
                """.formatted(pod));
        return (String) ((Map<?, ?>) answer.get("status")).get("token");
    }

    /** Ends the server. */
    @Override
    public void close() {
        stop(processes);
    }

    private static void stop(List<Process> processes) {
        for (Process process : processes.reversed()) {
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
