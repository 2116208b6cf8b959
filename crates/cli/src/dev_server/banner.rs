//! What the program says once the server answers.

use std::path::Path;

use boundtoken_dev_server::DevServer;
use serde::Serialize;

use super::{Arguments, Format};
use crate::failure::{self, Failure};
use crate::output::{self, CAUTION, FAINT, STRONG, printable, row};
use crate::shell;

impl Arguments {
    pub(super) fn tell(&self, server: &DevServer) -> Result<(), Failure> {
        match self.output {
            Format::Text => self.tell_people(server),
            Format::Json => self.tell_programs(server),
        }
    }

    fn tell_programs(&self, server: &DevServer) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Started<'a> {
            url: &'a str,
            kubeconfig: &'a Path,
            issuer: &'a str,
        }
        let started =
            Started { url: server.url(), kubeconfig: &self.kubeconfig, issuer: server.issuer().name() };
        let line = serde_json::to_string(&started).map_err(|error| Failure::new(error.to_string()))?;
        output::text(&(line + "\n"))
    }

    fn tell_people(&self, server: &DevServer) -> Result<(), Failure> {
        let mut text = format!("\n{STRONG}A development server for tokens{STRONG:#}\n\n");
        row(&mut text, "Address", server.url());
        row(&mut text, "Kubeconfig", &failure::name(&self.kubeconfig));
        row(&mut text, "Issuer", &printable(server.issuer().name()));
        row(&mut text, "Audiences", &printable(&server.issuer().api_audiences().join(", ")));
        for fault in &self.fault {
            row(&mut text, "Fault", &format!("{CAUTION}{fault}{CAUTION:#}"));
        }
        let kubeconfig = std::path::absolute(&self.kubeconfig)
            .map_err(|error| Failure::with_file(&self.kubeconfig, error))?;
        let kubeconfig = shell::word(&printable(&kubeconfig.to_string_lossy()));
        let commands =
            if self.endpoint.http { curl(&kubeconfig, server.url()) } else { kubectl(&kubeconfig) };
        text.push_str(&format!("\n{FAINT}In another terminal:{FAINT:#}\n\n{commands}\n"));
        if self.endpoint.http {
            text.push_str(&format!(
                "{FAINT}kubectl sends no token over plain HTTP, so it is refused here.{FAINT:#}\n"
            ));
        }
        text.push_str(&format!(
            "{FAINT}No authorization: anyone with a token may do anything here.\nPress Ctrl-C to stop.{FAINT:#}\n\n"
        ));
        output::text(&text)
    }
}

fn kubectl(kubeconfig: &str) -> String {
    format!(
        "  export KUBECONFIG={kubeconfig}
  kubectl create serviceaccount app
  kubectl create token app --audience vault
"
    )
}

/// kubectl sends no token over plain HTTP.
fn curl(kubeconfig: &str, url: &str) -> String {
    format!(
        r#"  TOKEN=$(sed -n 's/^ *token: //p' {kubeconfig})
  curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{{"spec": {{"audiences": ["vault"]}}}}' \
    {url}/api/v1/namespaces/default/serviceaccounts/default/token
"#
    )
}
