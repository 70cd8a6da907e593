# frozen_string_literal: true

class CountryTotal < ActiveRecord::Base
end
