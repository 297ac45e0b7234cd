"""The words that detectors know, by what they are to them."""

from typing import Final

_SQL: Final = {
    "S": "select",
    "U": "union intersect except minus",
    "A": "all distinct distinctrow",
    "F": "from",
    "W": "where having limit offset into procedure using rlike ilike regexp like glob between in is sounds similar",
    "O": "or and xor div mod",
    "N": "not binary",
    "B": "order group",
    "Y": "by",
    "D": "drop insert update delete create alter exec execute declare truncate shutdown waitfor call begin grant revoke"
    " goto merge replace load handler set copy vacuum attach kill backup restore",
    "T": "table database index view function user login values delay trigger role column",
    "I": "outfile dumpfile infile",
    "n": "null true false",
    "K": "then else end exists any some as join on desc asc top",
    "C": "case",
    "H": "when",
    # Calls that no school's form asks for
    "x": "sleep pg_sleep benchmark load_file extractvalue updatexml xmltype json_keys json_valid randomblob"
    " regexp_substring crypt_key get_host_address sqlid_to_sqlhash receive_message xp_cmdshell openrowset name_const"
    " gtid_subset utl_inaddr pg_read_file lo_import query_to_xml dbms_pipe load_extension group_concat concat_ws"
    " make_set char_length is_srvrolemember suser_name analyse unhex last_insert_id generate_series db_name"
    " dbms_utility ctxsys drithsx utl_http httpuritype fromchar sha1 ascii iif find_in_set xmlagg string_agg",
    "f": "chr char ord concat substr substring mid version current_user session_user system_user"
    " current_database schema count length cast convert hex md5 if ifnull nullif coalesce elt exp floor rand lower"
    " upper left right repeat reverse strcmp row_count object_id polygon row cot cos sin tan abs pi power sqrt round"
    " format bin oct soundex space lpad rpad instr locate position field interval quote trim ltrim rtrim encode decode"
    " to_char current_setting set_config array_agg listagg len unicode sum min max avg rownum",
    "p": "information_schema sysobjects syscolumns sysusers sysdatabases pg_catalog pg_user pg_shadow pg_class"
    " pg_tables pg_database all_tables all_users user_tables user_users sqlite_master sqlite_schema"
    " msysaccessobjects sysibm sysdummy1 syscat all_tab_columns user_tab_columns sp_executesql xp_regread xp_dirtree"
    " sp_password sp_makewebtask xp_fileexist sp_oacreate v_version",
    "e": "table_name column_name table_schema schema_name auth_user",
    "d": "dual master users mysql admin",
}
SQL_LETTERS: Final[dict[str, str]] = {
    **{word: letter for letter, listed in _SQL.items() for word in listed.split()},
    **{"'": "q", '"': "Q", "`": "", "(": "(", ")": ")", ",": ",", ";": ";", ".": ".", "--": "c", "#": "c"},
    **dict.fromkeys(("=", "<>", "!=", ">=", "<=", "==", "<=>", ":="), "="),
    **dict.fromkeys("<>", "g"),
    **{"||": "P", "&&": "P", "/*": "m", "*/": "", "\\": "", "!": "N", "~": "N", "*": "*", "&": "a", "//": ":"},
    **dict.fromkeys("+-/%^|", "o"),
    **dict.fromkeys("[]{}:?$", ":"),
}

# Without one of these no shape means anything; `is`, `in`, `all` and the like stand in any prose.
SQL: Final = frozenset(word for letter, listed in _SQL.items() if letter in "SUODIxpeBH" for word in listed.split()) | {
    "where",
    "having",
    "like",
    "rlike",
    "ilike",
    "regexp",
    "procedure",
    "into",
    "char",
    "chr",
    "concat",
    "substring",
    "version",
}

# Programs whose names are no words of any language that a school writes in
_PROGRAMS: Final = """
    whoami ifconfig ipconfig netstat wget curl nslookup chmod chown uname nc ncat netcat socat bash zsh ksh dash tcsh
    powershell pwsh cmd certutil bitsadmin systeminfo tasklist taskkill iptables tcpdump nmap telnet ssh scp sftp tftp
    ftp rsync lsof dmesg crontab useradd usermod adduser passwd chroot mkfifo mknod xxd hexdump base64 python perl
    ruby
    gcc awk gawk sed grep egrep fgrep printenv getent phpinfo hostname mkdir rmdir rundll regsvr wmic schtasks cscript
    wscript mshta iex iwr irm ansible systemctl journalctl docker kubectl apt yum dnf pip npm gdb strace ltrace vim
    nano
    busybox openssl gzip gunzip bunzip tar unzip zcat xargs env sudo doas su pwd ping traceroute dig pkill killall
    printf php python2 python3 perl5 lua nodejs sh csh fish sleep cat ls rm cp mv ps df du tac nl od ln id vi dd arp
    lscpu lsblk mysql psql sqlite mysqldump pg_dump chattr lsattr findstr icacls cacls attrib robocopy xcopy reg
    vssadmin bcdedit ipcs fuser dpkg rpm snap shasum md5sum sha256sum stat readlink realpath basename dirname tee rev
    ss nft lftp aria2c lynx links elinks w3m ab rlogin rsh xterm screen tmux setsid visudo htop zstdcat bzcat xzcat
    c89 c99 sysinfo chef ansible perf trap ll nsenter unshare ld capsh
    compgen declare readarray mapfile pushd popd getconf ulimit ansible-playbook ansible-galaxy gcc10 ifdown ifup
    route
    uptime w last lastlog finger logname groups alias unset dir
"""
PROGRAMS: Final = frozenset(_PROGRAMS.split())
# These are words as well, and count only with an argument or a separator after them.
_PROGRAMS_AND_WORDS: Final = """
    echo set type net date head tail more less sort cut find test time who kill at make man file touch mail host
    diff fold split paste join export source eval exec read cd nice watch history shutdown reboot halt start copy del
    ren move tree ver vol call pause query users mount free top env wc tr expr yes true false seq shuf factor column
    list print open write import dump load service info status node java rails perf chef puppet vault bin
"""
PROGRAMS_AND_WORDS: Final = frozenset(_PROGRAMS_AND_WORDS.split())
