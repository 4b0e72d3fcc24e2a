// SPDX-License-Identifier: ISC
// The design the article describes: a service in Go with gin that nginx asks over HTTP, and that reads the session from
// Redis and prolongs it, a command each. Generously built: release mode, no access log, no middleware, unix sockets to both
// sides, a pool of connections, and of the Redis clients Debian packages the one that costs least.
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gomodule/redigo/redis"
)

const life = 30 * time.Minute

type session struct {
	User   string   `json:"user"`
	ID     string   `json:"id"`
	Groups []string `json:"groups"`
	Device string   `json:"device"`
}

func check(pool *redis.Pool) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, err := c.Cookie("sid")
		if err != nil {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		conn := pool.Get()
		defer conn.Close()
		key := "session:" + id
		text, err := redis.Bytes(conn.Do("GET", key))
		if err == redis.ErrNil {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		var s session
		if err != nil || json.Unmarshal(text, &s) != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		if _, err := conn.Do("EXPIRE", key, int(life.Seconds())); err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		c.Header("Remote-User", s.User)
		c.Status(http.StatusOK)
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: article SOCKET REDIS")
	}
	pool := &redis.Pool{MaxIdle: 64, Dial: func() (redis.Conn, error) { return redis.Dial("unix", os.Args[2]) }}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/check", check(pool))
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, engine))
}
