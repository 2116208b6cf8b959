package dev.boundtoken.example;

import dev.boundtoken.Cluster;
import dev.boundtoken.ClusterOptions;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.Policy;
import dev.boundtoken.spring.BoundTokenConfigurer;
import dev.boundtoken.spring.PolicyAuthorizationManager;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.security.servlet.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.web.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An HTTP service whose callers are pods. It greets every caller with a good token for the audience "example". It refuses a caller as
 * soon as its pod is deleted.
 */
@SpringBootApplication(exclude = UserDetailsServiceAutoConfiguration.class)
public class Service {
    /**
     * Runs the service.
     *
     * @param arguments such as {@code --server.port=8080} and {@code --kubeconfig=FILE}
     */
    public static void main(String[] arguments) {
        SpringApplication.run(Service.class, arguments);
    }

    /** Connects to a cluster: without a kubeconfig, to the one of the pod. Spring closes it. */
    @Bean
    Cluster cluster(@Value("${kubeconfig:}") String kubeconfig) throws InterruptedException {
        ClusterOptions options = ClusterOptions.DEFAULT;
        return Cluster.connect(kubeconfig.isEmpty() ? options : options.kubeconfig(Path.of(kubeconfig)));
    }

    @Bean
    Verifier verifier(Cluster cluster, @Value("${audience:example}") String audience) {
        return Verifier.builder().cluster(cluster).audience(audience).build();
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, Verifier verifier) throws Exception {
        Authenticator authenticator = Authenticator.builder(verifier).policy(Policy.namespaces("demo")).build();
        return http.with(new BoundTokenConfigurer(authenticator), Customizer.withDefaults())
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests
                        .requestMatchers("/readyz").permitAll()
                        .requestMatchers("/admin").access(new PolicyAuthorizationManager<>(Policy.serviceAccount("demo", "admin")))
                        .anyRequest().authenticated())
                .build();
    }

    @EventListener
    void started(WebServerInitializedEvent event) {
        System.out.println("http://127.0.0.1:" + event.getWebServer().getPort());
    }

    /** What the service does. */
    @RestController
    static class Greeter {
        private final Cluster cluster;

        Greeter(Cluster cluster) {
            this.cluster = cluster;
        }

        @GetMapping("/")
        String greet(@AuthenticationPrincipal Caller caller) {
            String pod = caller.token().pod().map(bound -> "Pod " + bound.namespace() + "/" + bound.name()).orElse("no pod");
            return "hello, " + caller.getName() + " from " + pod;
        }

        @GetMapping("/admin")
        String administer(@AuthenticationPrincipal Caller caller) {
            return "hello, administrator " + caller.getName();
        }

        @GetMapping("/readyz")
        ResponseEntity<Void> ready() {
            return ResponseEntity.status(cluster.isStale() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK).build();
        }
    }
}
