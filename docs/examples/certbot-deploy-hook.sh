#!/bin/sh
# A deploy hook for certbot: gives a renewed certificate to every server that serves it.
#
# Put it into /etc/letsencrypt/renewal-hooks/deploy/ (executable), or name it with --deploy-hook. certbot calls it after each
# renewal with RENEWED_LINEAGE, the directory of the certificate (certbot's documentation, "Renewing certificates").
# FOOBAR_INVENTORY names the inventory; it may stand here. certbot shows the output of a hook that fails.
set -eu

: "${RENEWED_LINEAGE:?certbot sets it}"
: "${FOOBAR_INVENTORY:=/etc/foobar-ops/foobar.json}"
export RENEWED_LINEAGE FOOBAR_INVENTORY

# The key is read from the directory; it stands in no argument and no variable.
exec pwsh -NoProfile -NonInteractive -Command '
    $ErrorActionPreference = "Stop"
    try {
        Import-Module Foobar.Ops
        $result = Update-FoobarCertificate -Path $env:RENEWED_LINEAGE -Confirm:$false
        "$($result.Outcome): $($result.Certificate.Subject) on $($result.Servers -join ", ")"
        exit 0
    }
    catch {
        [Console]::Error.WriteLine("$($_.FullyQualifiedErrorId): $($_.Exception.Message) $($_.ErrorDetails.RecommendedAction)")
        exit 1
    }'
