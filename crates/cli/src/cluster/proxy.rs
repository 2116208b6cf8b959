//! The proxy between here and the API server.

use std::net::IpAddr;

use kube::Config;

/// The environment variables that name a proxy, as kube reads them.
const VARIABLES: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];

/// Reaches a server on this computer without the proxy of the environment, as kubectl does. A proxy that the kubeconfig names
/// stays.
pub fn spare_this_computer(mut config: Config) -> Config {
    let of_environment =
        VARIABLES.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
    if of_environment.is_some_and(|proxy| is_spared(&config, &proxy)) {
        config.proxy_url = None;
    }
    config
}

/// Whether the configuration has this proxy for a server on this computer.
fn is_spared(config: &Config, proxy: &str) -> bool {
    let proxy = proxy.parse().ok();
    config.cluster_url.host().is_some_and(is_loopback) && proxy.is_some() && config.proxy_url == proxy
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_reached_without_the_proxy_of_the_environment() {
        let proxy = "http://proxy.example.com:3128";
        for (server, environment, spared) in [
            ("https://127.0.0.1:6443", proxy, true),
            ("https://[::1]:6443", proxy, true),
            ("https://localhost:6443", proxy, true),
            ("https://10.0.0.1:6443", proxy, false),
            ("https://localhost.example.com", proxy, false),
            ("https://127.0.0.1:6443", "http://other.example.com", false),
        ] {
            let mut config = Config::new(server.parse().unwrap());
            config.proxy_url = Some(proxy.parse().unwrap());
            assert_eq!(is_spared(&config, environment), spared, "{server} {environment}");
        }
    }
}
