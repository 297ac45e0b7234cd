"""Vulnerability scanners: what they call themselves, and the paths that only they ask for.

A school on Django has no PHP, no ASP and no dot files; plain odd names are left to the counting of missing pages.
"""

import re
from typing import Final

from eventlog.detection.payloads.signs import Rules, Sign, rule

AGENT: Final = re.compile(
    r"sqlmap|nikto|nuclei|wpscan|acunetix|netsparker|invicti|nessus|openvas|greenbone|masscan|zgrab|nmap|gobuster"
    r"|dirbuster|dirb\b|feroxbuster|ffuf"
    r"|wfuzz|wapiti|arachni|w3af|skipfish|havij|sqlninja|bsqlbf|absinthe|pangolin|commix|xsser|hydra|medusa"
    r"|whatweb|wafw00f|joomscan|droopescan"
    r"|burp(?:suite|collab)|zaproxy|owasp|qualys|appscan|webinspect|paros|vega/|jaeles|httpx|dirsearch|metasploit"
    r"|jorgee|zmeu|morfeus|dfind|l9tcpid|l9explore"
    r"|leakix|censys|internet-measurement|expanse|nimbostratus|brutus|cgichk|mysqloit|n-stealth|nsauditor|grendel"
    r"|fimap|webshag|webtrends security|springenwerk"
    r"|rustbuster|cmsmap|fuzz faster|interactsh|projectdiscovery|detectify|intruder|cybercop|core-project"
    r"|prog\.customcrawler|user-agent: ?mozilla|amiga-aweb|gootkit"
    r"|inspathx|blackwidow|revolt|crowbar|patator|cansecwest|struts-pwn|tplmap|dotdotpwn|uil2pn|sn1per|whisker"
    r"|toata|rapid7|tenable|probely|odin\b|shellshock|mozilla/4\.0 \(compatible; msie 6\.0\)$"
)
PATHS: Final = Rules(
    rule("dot-file", 66, r"(?:^|/)\.(?!well-known(?:/|$))[a-z0-9_@-][^\s/]{0,60}", "."),
    rule(
        "foreign-page",
        62,
        r"\.(?:php[3-8s]?|phtml|phar|aspx?|asmx|ashx|axd|jspx?|jsf|cgi|cfm|dll|exe|pl|do|action|idc|ida|idq|htr"
        r"|printer|shtml|nsf|asa|bat|cmd|sh)(?:$|[/?;.~])",
        ".",
    ),
    rule(
        "left-behind",
        58,
        r"\.(?:bak|old|orig|save|swp|swo|sql|sqlite3?|db|mdb|dump|log|ini|conf|cfg|inc|pem|key|p12|pfx|jks|rdp"
        r"|ovpn|kdbx|tar|tgz|tar\.gz|rar|7z|~|ya?ml|toml|lock|properties|env)(?:\.[a-z0-9]{1,4})?/?$|~$",
        ".",
        "~",
    ),
    rule(
        "foreign-console",
        64,
        r"\A/(?:[\w.-]{1,30}/)?(?:wp-(?:admin|content|includes|login|json|config)|phpmyadmin|pma|myadmin|mysqladmin"
        r"|adminer|xmlrpc|cgi-bin|cgi|server-(?:status|info)|manager/(?:html|text|status)|host-manager|solr"
        r"|jenkins|actuator|jmx|jolokia|meta-inf|@id|invoker|web-console|kibana|grafana|_vti_bin|_vti_|scripts/"
        r"|iisadmin|owa|autodiscover|ecp|hudson|struts|axis2?|druid|nacos|_ignition|telescope|vendor|joomla"
        r"|administrator|drupal|typo3|magento|boaform|hnap1|gponform|setup\.cgi|sdk|evox|_cat/|_search|_all_dbs"
        r"|_cluster|console/|_debugbar|debug/(?:default|pprof)|examples/(?:servlet|jsp)|servlet|tomcat|weblogic"
        r"|wls-wsat|portal/redlion|containers/json|latest/meta-data|geoserver|remote/(?:login|fgt)|dana-na"
        r"|global-protect|\+cscoe|citrix|vpn/|cfide|fckeditor|horde|webmail|roundcube|squirrelmail|phpinfo"
        r"|test-cgi|_profiler|_layouts|msadc|etc/|proc/|bin/|sys/)",
        "/",
    ),
    rule(
        "settings-file",
        60,
        r"^/(?!static/|media/)(?:[^/]{1,40}/){0,3}(?:config|configuration|settings|secrets?|credentials?"
        r"|passwords?|database|docker-compose|dockerfile|makefile|composer|packages?(?:-lock)?|cargo|gemfile|setup"
        r"|npm-shrinkwrap|rakefile|procfile|vagrantfile|web\.config|gruntfile|gulpfile|appsettings|parameters"
        r"|local_settings|initial_root_password|id_rsa|id_dsa|authorized_keys|known_hosts|wp-config|error_?log"
        r"|access_?log|backup|dump|install|readme|changelog|license)[\w.-]{0,20}\.(?:json|ya?ml|toml|xml|py|rb|js"
        r"|txt|ini|cfg|conf|inc|asp|php|lock|md|zip|gz|sql|tar|rar|bak|old|env|properties|log)\d?(?:$|[/?~])|(?:^"
        r"|/)(?:wp-config\.|initial_root_password|dockerfile|id_rsa|authorized_keys|web\.config|passwd|shadow)",
        ".",
        "passwd",
        "shadow",
    ),
)


def agent_signs(text: str) -> list[Sign]:
    found = AGENT.search(text)
    return [Sign("scanner-agent", 80, *found.span())] if found else []


def path_signs(text: str, marks: frozenset[str]) -> list[Sign]:
    """Nothing of one that climbs: that is path traversal."""
    return [] if ".." in text or "\\" in text else PATHS.signs(text, marks)
