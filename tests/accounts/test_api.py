from tests.support.builders import a_verified_user


def test_it_works(server):
    u = a_verified_user(server)
    assert server.post("/v1/user/login", auth=u.auth).status_code == 200


async def test_p(platform):
    async with platform.database.read() as c:
        from sqlalchemy import text

        assert await c.all(text("select 1"))


def test_start(start_server):
    s = start_server()
    s.kill()
    s.start()
    s.restart()
