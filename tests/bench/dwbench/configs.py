# SPDX-License-Identifier: ISC
"""The fronts' configurations: plain HTTP on the loopback interface, since TLS would cost every contender the same."""

import os


def nginx(directory, port, check, hello, plain, first, article):
    """/NAME asks a contender directly, /app/NAME is a static file behind auth_request. Connections are kept where the contender can keep them."""
    user = "user root;" if os.getuid() == 0 else ""
    keep = "fastcgi_keep_conn on;"

    def fcgi(upstream, extra=""):
        return f"include /etc/nginx/fastcgi_params; {extra} fastcgi_pass {upstream};"

    no_body = 'fastcgi_pass_request_body off; fastcgi_param CONTENT_LENGTH ""; fastcgi_param CONTENT_TYPE ""; fastcgi_param DOORWARD_ROUTE /check;'
    ways = {"doorward": fcgi("doorward", keep + no_body), "hello": fcgi("hello", keep), "plain": fcgi(f"unix:{plain}"), "first": fcgi(f"unix:{first}")}
    upstreams = {"doorward": check, "hello": hello}
    if article:
        upstreams["article"] = article
        ways["article"] = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off; ' \
            'proxy_set_header Content-Length ""; proxy_pass http://article/check;'
    servers = "\n".join(f"\tupstream {name} {{ server unix:{path}; keepalive 32; }}" for name, path in upstreams.items())
    locations = "\n".join(f"\t\tlocation = /{name} {{ {way} }}\n\t\tlocation = /_{name} {{ internal; {way} }}\n"
                          f"\t\tlocation = /app/{name} {{ auth_request /_{name}; try_files /static.txt =404; }}" for name, way in ways.items())
    return f"""daemon off;
worker_processes 1;
pid {directory}/tmp/nginx.pid;
error_log {directory}/log/nginx.log;
{user}
events {{ }}
http {{
	access_log off;
	client_body_temp_path {directory}/tmp/body;
	proxy_temp_path {directory}/tmp/proxy;
	fastcgi_temp_path {directory}/tmp/fastcgi;
	uwsgi_temp_path {directory}/tmp/uwsgi;
	scgi_temp_path {directory}/tmp/scgi;
	keepalive_requests 100000000;
	open_file_cache max=100;
{servers}
	server {{
		listen 127.0.0.1:{port};
		root {directory}/www;
{locations}
	}}
}}
"""


def lighttpd(directory, port, check, plain):
    return f"""server.modules = ( "mod_fastcgi" )
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{directory}/www"
server.errorlog = "{directory}/log/lighttpd.log"
server.upload-dirs = ( "{directory}/tmp" )
server.max-keep-alive-requests = 100000000
mimetype.assign = ( ".txt" => "text/plain" )
fastcgi.server = (
	"/auth"  => (( "socket" => "{check}", "check-local" => "disable" )),
	"/plain" => (( "socket" => "{plain}", "check-local" => "disable" ))
)
"""


def receiver(directory, port, certificate, key):
    """Takes every webhook, over TLS, and keeps the connections."""
    user = "user root;" if os.getuid() == 0 else ""
    return f"""daemon off;
worker_processes 1;
pid {directory}/tmp/nginx.pid;
error_log {directory}/log/nginx.log;
{user}
events {{ }}
http {{
	access_log off;
	client_body_temp_path {directory}/tmp/body;
	proxy_temp_path {directory}/tmp/proxy;
	fastcgi_temp_path {directory}/tmp/fastcgi;
	uwsgi_temp_path {directory}/tmp/uwsgi;
	scgi_temp_path {directory}/tmp/scgi;
	keepalive_requests 100000000;
	server {{
		listen 127.0.0.1:{port} ssl;
		ssl_certificate {certificate};
		ssl_certificate_key {key};
		location / {{ return 204; }}
	}}
}}
"""
