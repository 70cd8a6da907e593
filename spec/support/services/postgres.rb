# frozen_string_literal: true

require "etc"
require_relative "../servers/server"

module Services
  # A PostgreSQL cluster with a port and a folder of its own; it ends with the suite.
  class Postgres < Servers::Server
    # Where Debian keeps what is in no PATH.
    FOLDERS = [*ENV.fetch("PATH").split(":"), *Dir["/usr/lib/postgresql/*/bin"].reverse].freeze

    def self.program(name)
      FOLDERS.map { |folder| File.join(folder, name) }.find { |file| File.executable?(file) }
    end

    def self.missing
      require "pg"
      "there is no PostgreSQL: bin/test installs it, or apt-get install postgresql" unless program("postgres")
    rescue LoadError
      "there is no gem pg: bin/test installs it, or apt-get install ruby-pg"
    end

    # The one of this process.
    def self.running
      @running ||= new.start.tap { |postgres| RSpec.configuration.after(:suite) { postgres.stop } }
    end

    def url(database = "postgres")
      "postgresql://postgres@127.0.0.1:#{port}/#{database}"
    end

    # A database for one example.
    def create_database(name)
      connection = PG.connect(url)
      connection.exec("CREATE DATABASE #{connection.quote_ident(name)}")
      url(name)
    ensure
      connection&.close
    end

    # An interrupt makes it take back its shared memory; what is killed leaves that.
    def stop
      Process.kill(:INT, Integer(File.open(pid_file, &:gets))) if @folder && File.exist?(pid_file)
      100.times { File.exist?(pid_file) ? sleep(0.05) : break }
      super
    rescue Errno::ESRCH, Errno::ENOENT
      super
    end

    def create_bucket(_name); end

    private

    def pid_file
      File.join(@folder, "data", "postmaster.pid")
    end

    # PostgreSQL refuses to be root's.
    def command
      as = []
      if Process.uid.zero?
        user = Etc.getpwnam("postgres")
        File.chown(user.uid, user.gid, @folder)
        as = ["setpriv", "--reuid=#{user.uid}", "--regid=#{user.gid}", "--clear-groups"]
      end
      [*as, "sh", "-c", <<~SHELL]
        #{self.class.program('initdb')} -D data -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync &&
        exec #{self.class.program('postgres')} -D data -p #{port} -c listen_addresses=127.0.0.1 \
          -c unix_socket_directories= -c fsync=off -c max_connections=50
      SHELL
    end

    def ready?
      PG.connect(url).close
      true
    rescue PG::Error
      false
    end
  end
end
